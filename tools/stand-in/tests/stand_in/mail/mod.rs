//! The mail sink: the program, over SMTP and HTTP.

mod api;
mod control;
mod delivery;
mod pages;
pub(crate) mod support;
