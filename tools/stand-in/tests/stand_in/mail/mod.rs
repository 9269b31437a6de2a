//! The mail sink: the program, over SMTP and HTTP.

mod api;
mod control;
mod delivery;
mod pages;
mod program;
mod support;
