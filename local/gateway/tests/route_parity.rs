//! The routes are written down in four places. The code is right: what the functions themselves say is compared with
//! template.yaml, with the router of `cargo lambda watch` in Cargo.toml and with the folders under functions/.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Yaml};

/// Methods by path and function. `ANY` alone where a place routes by path and leaves the method to the function.
type Routes = BTreeMap<(String, String), BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn from_code() -> Routes {
    let mut routes = Routes::new();
    for (function, part) in gateway::openapi().1 {
        let part = serde_json::to_value(part).unwrap();
        for (path, methods) in part["paths"].as_object().unwrap() {
            let methods = methods.as_object().unwrap().keys();
            let methods = methods.map(|method| method.to_uppercase());
            let route = (path.clone(), function.to_owned());
            routes.entry(route).or_default().extend(methods);
        }
    }
    routes
}

fn text<'a>(yaml: &'a Yaml, key: &str) -> Option<&'a str> {
    yaml.as_mapping_get(key).and_then(Yaml::as_str)
}

/// The name of each function of the template, and what it is called by.
fn template(text_of_file: &str) -> Vec<(String, Vec<Yaml<'_>>)> {
    let documents = Yaml::load_from_str(text_of_file).unwrap();
    let resources = documents[0].as_mapping_get("Resources").unwrap();
    let functions = resources.as_mapping().unwrap().values();
    functions
        .filter(|resource| text(resource, "Type") == Some("AWS::Serverless::Function"))
        .map(|function| {
            let properties = function.as_mapping_get("Properties").unwrap();
            let code = text(properties, "CodeUri").unwrap();
            let name = code.strip_prefix("target/lambda/").unwrap();
            let events = properties.as_mapping_get("Events");
            let events = events.and_then(Yaml::as_mapping);
            let events = events.map(|events| events.values().cloned().collect());
            (
                name.trim_end_matches('/').to_owned(),
                events.unwrap_or_default(),
            )
        })
        .collect()
}

fn from_template() -> Routes {
    let file = read("template.yaml");
    let mut routes = Routes::new();
    for (function, events) in template(&file) {
        for event in events {
            let properties = event.as_mapping_get("Properties").unwrap();
            // Without a path it is what the API does with unknown ones.
            let Some(path) = text(properties, "Path") else {
                continue;
            };
            let route = (path.to_owned(), function.clone());
            let method = text(properties, "Method").unwrap().to_uppercase();
            routes.entry(route).or_default().insert(method);
        }
    }
    routes
}

fn from_watch() -> Routes {
    let manifest: toml::Value = toml::from_str(&read("Cargo.toml")).unwrap();
    let router = &manifest["workspace"]["metadata"]["lambda"]["watch"]["router"];
    let routes = router.as_table().unwrap().iter();
    let any = BTreeSet::from(["ANY".to_owned()]);
    routes
        .map(|(path, function)| {
            let function = function.as_str().expect("routes go by path alone");
            ((path.clone(), function.to_owned()), any.clone())
        })
        .collect()
}

/// The crates under functions/, those that no HTTP request calls apart.
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
        .map(|x| format!("{place} has {x:?}, which the code has not"));
    missing.chain(unknown).collect()
}

#[test]
fn routes_are_the_same_everywhere() {
    let code = from_code();
    let paths = |routes: &Routes| routes.keys().cloned().collect::<BTreeSet<_>>();
    let mut wrong = Vec::new();
    for (place, routes) in [
        ("template.yaml", from_template()),
        ("the router in Cargo.toml", from_watch()),
    ] {
        wrong.extend(differences(place, &paths(&routes), &paths(&code)));
        for (route, methods) in &routes {
            // A method that is named here would be answered 404 in place of 405 when it is another.
            if *methods != BTreeSet::from(["ANY".to_owned()]) {
                wrong.push(format!("{place} routes {route:?} by {methods:?}, not ANY"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_function_has_its_folder_and_its_place_in_the_template() {
    let (http, background) = from_folders();
    let code: BTreeSet<String> = from_code().into_keys().map(|(_, name)| name).collect();
    let file = read("template.yaml");
    let deployed: BTreeSet<String> = template(&file).into_iter().map(|(name, _)| name).collect();
    let all: BTreeSet<String> = http.union(&background).cloned().collect();
    let mut wrong = differences("functions/ (without background)", &http, &code);
    wrong.extend(
        all.symmetric_difference(&deployed)
            .map(|name| format!("{name} is only in one of functions/ and template.yaml")),
    );
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// `main` builds the state and hands over; whatever is longer belongs into the library, where the gateway has it too.
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
