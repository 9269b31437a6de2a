//! Ports that are in use.

use crate::LocalError;
use listeners::{Listener, SocketState};
use std::collections::HashSet;
use std::fmt::{self, Display};
use std::net::{Ipv4Addr, TcpListener};

/// Needed ports that others use. They are displayed with their purpose and holder, grouped by both.
#[derive(Debug)]
pub struct PortsInUse(Vec<PortInUse>);

#[derive(Debug)]
struct PortInUse {
    ports: Vec<u16>,
    purpose: String,
    holder: String,
}

impl Display for PortsInUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ports are in use; stop the processes that hold them:")?;
        for PortInUse { ports, purpose, holder } in &self.0 {
            let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
            write!(f, "\n  {} of {purpose}: held by {holder}", ports.join(", "))?;
        }
        Ok(())
    }
}

impl PortsInUse {
    fn add(&mut self, port: u16, purpose: String, holder: String) {
        match self.0.last_mut() {
            Some(last) if last.purpose == purpose && last.holder == holder => last.ports.push(port),
            _ => self.0.push(PortInUse { ports: vec![port], purpose, holder }),
        }
    }
}

/// Whether nothing listens on `port`, at any address: some of Dapr's servers listen on all addresses.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

/// Fails if any of `ports`, each with its purpose, is in use.
pub(crate) fn check_free(ports: Vec<(u16, String)>) -> Result<(), LocalError> {
    let taken: Vec<_> = ports.into_iter().filter(|(port, _)| !is_free(*port)).collect();
    if taken.is_empty() {
        return Ok(());
    }
    // Without the list, only the holders are missing from the error.
    let listeners = listeners::get_all().unwrap_or_default();
    let mut ports = PortsInUse(Vec::new());
    for (port, purpose) in taken {
        ports.add(port, purpose, holder(&listeners, port));
    }
    Err(LocalError::PortsInUse(ports))
}

fn holder(listeners: &HashSet<Listener>, port: u16) -> String {
    let holds = |listener: &&Listener| {
        listener.socket.port() == port && listener.state == SocketState::Listen
    };
    match listeners.iter().find(holds).map(|listener| &listener.process) {
        Some(process) => format!("{} (process {})", process.name, process.pid),
        None => "a process of another user".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_in_use_is_named_with_its_purpose_and_holder() {
        let listen = |address| TcpListener::bind((address, 0)).unwrap();
        let taken = [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED, Ipv4Addr::LOCALHOST].map(listen);
        let ports = taken.each_ref().map(|taken| taken.local_addr().unwrap().port());
        let purposes = ["gateway", "gateway", "stock"].map(str::to_owned);
        let wanted: Vec<_> = ports.into_iter().zip(purposes).collect();
        let message = check_free(wanted.clone()).unwrap_err().to_string();
        let [one, two, three] = ports;
        let me = format!("(process {})", std::process::id());
        let lines: Vec<&str> = message.lines().skip(1).collect();
        assert!(lines[0].starts_with(&format!("  {one}, {two} of gateway: held by ")), "{message}");
        assert!(lines[1].starts_with(&format!("  {three} of stock: held by ")), "{message}");
        assert!(lines.len() == 2 && lines.iter().all(|line| line.ends_with(&me)), "{message}");
        drop(taken);
        check_free(wanted).unwrap();
    }
}
