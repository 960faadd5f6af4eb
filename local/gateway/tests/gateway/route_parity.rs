//! Routes are declared in four places. The code is authoritative: the functions' own routes are compared with
//! template.yaml, with the router of `cargo lambda watch` in Cargo.toml and with the folders under functions/.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use saphyr::{LoadableYamlNode, Yaml};

use crate::files::{read, root};

/// Paths, each with its function.
type Routes = BTreeSet<(String, String)>;

fn from_code() -> Routes {
    let mut routes = Routes::new();
    for (function, part) in gateway::openapi().1 {
        let paths = part.paths.paths.into_keys();
        routes.extend(paths.map(|path| (path, function.to_owned())));
    }
    routes
}

/// A function of the template.
struct Deployed {
    name: String,
    /// Path and method; no path means the API's default route, for unknown paths.
    http: Vec<(Option<String>, Option<String>)>,
}

fn template() -> Vec<Deployed> {
    let file = read("template.yaml");
    let documents = Yaml::load_from_str(&file).unwrap();
    let resources = documents[0].as_mapping_get("Resources").unwrap();
    let functions = resources.as_mapping().unwrap().values();
    functions
        .filter(|resource| text(resource, "Type").unwrap() == "AWS::Serverless::Function")
        .map(|function| {
            let properties = function.as_mapping_get("Properties").unwrap();
            let code = text(properties, "CodeUri").unwrap();
            let name = code.strip_prefix("target/lambda/").unwrap();
            let events = properties.as_mapping_get("Events");
            let events = events.and_then(Yaml::as_mapping).into_iter().flatten();
            let http = events
                .map(|(_, event)| event)
                .filter(|event| text(event, "Type").unwrap() == "HttpApi")
                .map(|event| event.as_mapping_get("Properties").unwrap())
                .map(|event| (text(event, "Path"), text(event, "Method")))
                .collect();
            Deployed {
                name: name.trim_end_matches('/').to_owned(),
                http,
            }
        })
        .collect()
}

fn text(yaml: &Yaml, key: &str) -> Option<String> {
    let value = yaml.as_mapping_get(key)?;
    value.as_str().map(str::to_owned)
}

fn from_template() -> Routes {
    let mut routes = Routes::new();
    for Deployed { name, http } in template() {
        let paths = http.into_iter().filter_map(|(path, _)| path);
        routes.extend(paths.map(|path| (path, name.clone())));
    }
    routes
}

fn from_watch() -> Routes {
    let manifest: toml::Value = toml::from_str(&read("Cargo.toml")).unwrap();
    let router = &manifest["workspace"]["metadata"]["lambda"]["watch"]["router"];
    let routes = router.as_table().unwrap().iter();
    routes
        .map(|(path, function)| {
            let function = function
                .as_str()
                .expect("a route has a path alone, and no method");
            (path.clone(), function.to_owned())
        })
        .collect()
}

/// The crates under functions/: those that serve HTTP, and those in the background.
fn from_folders() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut http, mut background) = (BTreeSet::new(), BTreeSet::new());
    for crate_folder in crates() {
        let name = crate_folder.file_name().unwrap().to_str().unwrap();
        let group = crate_folder.parent().unwrap();
        let set = if group.ends_with("background") {
            &mut background
        } else {
            &mut http
        };
        set.insert(name.to_owned());
    }
    (http, background)
}

fn crates() -> Vec<PathBuf> {
    let folders = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    folders(root().join("functions"))
        .filter(|group| group.is_dir())
        .flat_map(folders)
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .collect()
}

fn differences<T: Ord + std::fmt::Debug>(
    place: &str,
    here: &BTreeSet<T>,
    code: &BTreeSet<T>,
) -> Vec<String> {
    let missing = code
        .difference(here)
        .map(|x| format!("{place} lacks {x:?}"));
    let unknown = here
        .difference(code)
        .map(|x| format!("{place} has {x:?}, which the code does not have"));
    missing.chain(unknown).collect()
}

#[test]
fn routes_are_the_same_everywhere() {
    let code = from_code();
    let mut wrong = differences("template.yaml", &from_template(), &code);
    wrong.extend(differences(
        "the router in Cargo.toml",
        &from_watch(),
        &code,
    ));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// If the template named a method, the API would answer any other method with 404; the function answers it with 405.
#[test]
fn methods_are_left_to_the_functions() {
    for Deployed { name, http } in template() {
        for (path, method) in http {
            let any = path.is_none() || method.as_deref() == Some("ANY");
            assert!(
                any,
                "template.yaml routes {path:?} to {name} for {method:?}, not for ANY"
            );
        }
    }
}

#[test]
fn every_function_is_in_the_template() {
    let (http, background) = from_folders();
    let code: BTreeSet<String> = from_code().into_iter().map(|(_, name)| name).collect();
    let deployed: BTreeSet<String> = template().into_iter().map(|it| it.name).collect();
    let all: BTreeSet<String> = http.union(&background).cloned().collect();
    let mut wrong = differences("functions/ (without background)", &http, &code);
    wrong.extend(differences("template.yaml", &deployed, &all));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// `main` builds the state and hands over; anything longer belongs in the library, which the gateway uses, too.
#[test]
fn mains_are_short() {
    let long: Vec<String> = crates()
        .into_iter()
        .map(|folder| folder.join("src/main.rs"))
        .map(|main| (fs::read_to_string(&main).unwrap().lines().count(), main))
        .filter(|(lines, _)| *lines > 25)
        .map(|(lines, main)| format!("{} has {lines} lines, more than 25", main.display()))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}
