//! What the code of a function calls of other functions: the clients that its `main` reaches, directly or through
//! the code that wires it, and what these request.

mod code;

use self::code::{Definition, Name, definitions, names, words};
use generate::calls::serves_public_routes;
use generate::workspace::{files, functions, read};
use local::manifest::{Calls, Kind, Operation};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Where functions are wired, and where their clients are.
const WIRED: [&str; 2] = ["shared/src/wiring", "shared/src/sidecar"];

/// The clients of functions.
const CLIENTS: &str = "shared/src/sidecar/functions.rs";

/// What sends any request, which only the gateway is to use.
const ANY: &str = "Invocation";

/// The client of the stock actors.
const ACTORS: &str = "ActorStocks";

/// What starts workflows and runs them: of the functions that host them alone.
const ENGINE: [&str; 2] = ["WorkflowEngine", "TaskHubGrpcWorker"];

/// The ports that one client implements in part for some functions, and for others in part: the trait that a `main`
/// names, and the method of the client behind it.
const PARTS: [(&str, &str); 3] = [("Sagas", "start"), ("Lookup", "find"), ("Progress", "next")];

/// A request that a client sends.
#[derive(Debug)]
struct Request {
    client: String,
    /// The client's method.
    method: String,
    callee: String,
    route: Operation,
}

impl Request {
    /// Whether only some of the functions that have its client send it.
    fn is_part(&self) -> bool {
        PARTS.iter().any(|(_, method)| *method == self.method)
    }
}

/// How the calls of a function's manifest differ from those of its code, `main`.
#[must_use]
pub fn differences(main: &str, calls: &Calls) -> Vec<String> {
    let flat = |calls: &Calls| -> BTreeSet<String> {
        let of = |(callee, operations): (&String, &Vec<Operation>)| -> Vec<String> {
            operations.iter().map(|operation| shown(callee, operation)).collect()
        };
        calls.iter().flat_map(of).collect()
    };
    let (listed, made) = (flat(calls), flat(&calls_of(main)));
    let missing = made.difference(&listed).map(|call| format!("lacks {call}"));
    let superfluous =
        listed.difference(&made).map(|call| format!("lists {call}, which it never calls"));
    let empty = calls.iter().filter(|(_, operations)| operations.is_empty());
    let empty = empty.map(|(callee, _)| format!("lists nothing of {callee}"));
    missing.chain(superfluous).chain(empty).collect()
}

/// Whether `main` reaches the engine of workflows.
#[must_use]
pub fn runs_workflows(main: &str) -> bool {
    let reached = reached(main);
    ENGINE.iter().any(|engine| reached.contains(&Name::Type((*engine).to_owned())))
}

/// A call, its parameters without names.
fn shown(callee: &str, operation: &Operation) -> String {
    match operation {
        Operation::Public => format!("the public routes of {callee}"),
        Operation::Actors => format!("the actors of {callee}"),
        Operation::Route { method, path } => format!("{method} {} of {callee}", nameless(path)),
    }
}

/// `path` with `{}` for each parameter, whatever it is called.
fn nameless(path: &str) -> String {
    let segment = |segment: &str| if segment.starts_with('{') { "{}" } else { segment }.to_owned();
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// What `main` calls.
fn calls_of(main: &str) -> Calls {
    let (reached, named) = (reached(main), names(&words(main)));
    let is_in = |names: &BTreeSet<Name>, name: &str| names.contains(&Name::Type(name.to_owned()));
    let mut calls = Calls::new();
    let mut add = |to: &str, operation| calls.entry(to.to_owned()).or_default().push(operation);
    if is_in(&reached, ANY) {
        for callee in serves_public_routes() {
            add(callee, Operation::Public);
        }
    }
    if is_in(&reached, ACTORS) {
        for host in functions().into_iter().filter(|it| it.manifest.kind == Kind::Actor) {
            add(&host.name, Operation::Actors);
        }
    }
    let uses = |request: &&Request| {
        let port = PARTS.iter().find(|(_, method)| *method == request.method);
        let whole = !REQUESTS.iter().any(|it| it.client == request.client && it.is_part());
        is_in(&reached, &request.client)
            && (whole || port.is_some_and(|(port, _)| is_in(&named, port)))
    };
    for request in REQUESTS.iter().filter(uses) {
        add(&request.callee, request.route.clone());
    }
    calls
}

/// The names that `main` mentions, and those that the code behind them mentions.
fn reached(main: &str) -> BTreeSet<Name> {
    static CODE: LazyLock<Vec<(Name, BTreeSet<Name>)>> = LazyLock::new(wired);
    let mut reached = known(names(&words(main)));
    loop {
        let behind = CODE.iter().filter(|(name, _)| reached.contains(name));
        let found: BTreeSet<_> = behind.flat_map(|(_, names)| names).cloned().collect();
        if found.is_subset(&reached) {
            return reached;
        }
        reached.extend(found);
    }
}

/// `names` without functions of modules that wire nothing, and all others without their module.
fn known(names: BTreeSet<Name>) -> BTreeSet<Name> {
    let is_wired = |module: &str| {
        let file =
            |folder: &str| read_folder(folder).any(|path| path == format!("{folder}/{module}.rs"));
        WIRED.iter().any(|folder| folder.ends_with(&format!("/{module}")) || file(folder))
    };
    let known = |name| match name {
        Name::Function(Some(module), _) if !is_wired(&module) => None,
        Name::Function(_, function) => Some(Name::Function(None, function)),
        other @ (Name::Method(_) | Name::Type(_)) => Some(other),
    };
    names.into_iter().filter_map(known).collect()
}

/// The functions of the code that wires functions, and the names that each mentions.
fn wired() -> Vec<(Name, BTreeSet<Name>)> {
    let rust = WIRED.into_iter().flat_map(read_folder);
    // The clients' own code mentions what sends any request.
    let rust = rust.filter(|path| !path.contains("/tests") && *path != CLIENTS);
    let parts = rust.flat_map(|path| definitions(&read(path))).filter(is_wiring);
    let part = |part: Definition| {
        let mut mentioned = known(names(&part.body));
        let is_client = |it: &Request| mentioned.contains(&Name::Type(it.client.clone()));
        if REQUESTS.iter().any(is_client) {
            mentioned.remove(&Name::Method("invocation".to_owned()));
        }
        (part.called(), mentioned)
    };
    parts.map(part).collect()
}

/// The files in one of [`WIRED`].
fn read_folder(folder: &str) -> impl Iterator<Item = &'static str> {
    static FILES: LazyLock<Vec<String>> =
        LazyLock::new(|| WIRED.into_iter().flat_map(files).collect());
    let below = format!("{folder}/");
    FILES.iter().map(String::as_str).filter(move |path| path.starts_with(&below))
}

/// Whether `main` may reach other parts through this one: a function, or one of the types that hold them together.
fn is_wiring(part: &Definition) -> bool {
    let holds = |owner: &String| ["Sidecar", "Worker"].contains(&owner.as_str());
    part.owner.last().is_none_or(holds)
}

/// The requests of all clients.
static REQUESTS: LazyLock<Vec<Request>> = LazyLock::new(|| {
    let names: Vec<_> = functions().into_iter().map(|function| function.name).collect();
    let methods = definitions(&read(CLIENTS)).into_iter();
    let requests: Vec<_> = methods.filter_map(|method| request(&method, &names)).collect();
    assert!(requests.len() > 5, "{CLIENTS} has another form: {requests:?}");
    requests
});

/// The request that a method of a client sends, if it does.
fn request(method: &Definition, functions: &[String]) -> Option<Request> {
    let (client, body) = (method.owner.last()?, &method.body);
    let texts = || body.iter().filter_map(|word| word.strip_prefix('"')?.strip_suffix('"'));
    let callee = texts().find(|text| functions.iter().any(|name| name == text))?;
    let path = texts().find(|text| text.starts_with('/')).unwrap_or_else(|| {
        panic!("{client}::{} requests no path", method.name);
    });
    let at = body.iter().position(|word| word == "Method").expect("a request has a method");
    let route = Operation::Route { method: body[at + 3].clone(), path: path.to_owned() };
    let (client, callee) = (client.clone(), callee.to_owned());
    Some(Request { client, method: method.name.clone(), callee, route })
}
