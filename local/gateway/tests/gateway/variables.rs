//! The functions' environment variables are declared in three places. The code is authoritative: what each function
//! reads at startup is compared with template.yaml, docker-compose.yml and the documents.

use std::collections::BTreeSet;

use checkout::Checkout;
use saphyr::{LoadableYamlNode, Yaml};

use crate::files::read;

/// Variables whose defaults suit a Lambda.
const OPTIONAL: [&str; 3] = ["PG_POOL_SIZE", "PG_WAIT_MS", "REDIS_TIMEOUT_MS"];

/// Read only if receipts have a VAT code.
const WITH_RECEIPTS: [&str; 4] = [
    "PAYMENT_RECEIPT_EMAIL",
    "PAYMENT_RECEIPT_TAX_SYSTEM_CODE",
    "PAYMENT_RECEIPT_SUBJECT",
    "PAYMENT_RECEIPT_MODE",
];

fn names(yaml: Option<&Yaml>) -> BTreeSet<String> {
    let variables = yaml.and_then(Yaml::as_mapping).into_iter().flatten();
    variables
        .map(|(name, _)| name.as_str().unwrap().to_owned())
        .collect()
}

fn inside<'a>(yaml: &'a Yaml<'a>, path: &[&str]) -> Option<&'a Yaml<'a>> {
    path.iter()
        .try_fold(yaml, |yaml, key| yaml.as_mapping_get(key))
}

/// Adds the variables that are read only with receipts to those of a function that can make receipts.
fn complete(mut names: BTreeSet<String>) -> BTreeSet<String> {
    if names.contains("PAYMENT_RECEIPT_VAT_CODE") {
        names.extend(WITH_RECEIPTS.map(str::to_owned));
    }
    names
}

/// The variables that the template sets: for all functions, and for this one.
fn from_template(function: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let file = read("template.yaml");
    let documents = Yaml::load_from_str(&file).unwrap();
    let resources = documents[0].as_mapping_get("Resources").unwrap();
    let uri = format!("target/lambda/{function}/");
    let mut resources = resources.as_mapping().unwrap().values();
    let resource = resources
        .find(|resource| {
            let code = inside(resource, &["Properties", "CodeUri"]);
            code.and_then(Yaml::as_str) == Some(&uri)
        })
        .unwrap_or_else(|| panic!("{function} is not in template.yaml"));
    let of_all = ["Globals", "Function", "Environment", "Variables"];
    let of_this = ["Properties", "Environment", "Variables"];
    (
        names(inside(&documents[0], &of_all)),
        names(inside(resource, &of_this)),
    )
}

#[test]
fn template_gives_each_function_the_variables_that_it_reads() {
    let mut read_by = gateway::variables().unwrap();
    let (checkout, names) = runtime::recording(Checkout::from_env);
    checkout.unwrap();
    read_by.push(("hold_sweeper", names));
    let mut wrong = vec![];
    for (function, read) in read_by {
        let mut read = complete(read);
        read.retain(|name| !OPTIONAL.contains(&name.as_str()));
        let (of_all, given) = from_template(function);
        for name in read
            .difference(&given)
            .filter(|name| !of_all.contains(*name))
        {
            wrong.push(format!(
                "{function} reads {name}, which template.yaml does not set"
            ));
        }
        for name in given.difference(&read) {
            wrong.push(format!(
                "{function} gets {name} from template.yaml and does not read it"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn compose_and_documents_know_the_variables() {
    let names: BTreeSet<String> = gateway::variables()
        .unwrap()
        .into_iter()
        .flat_map(|(_, names)| complete(names))
        .collect();
    let compose = read("docker-compose.yml");
    let documents = [
        "docs/running-with-compose.md",
        "docs/payments.md",
        "docs/deploying.md",
    ]
    .map(read)
    .concat();
    let mut wrong = vec![];
    for name in &names {
        if !compose.contains(name.as_str()) {
            wrong.push(format!("docker-compose.yml does not pass on {name}"));
        }
        if !documents.contains(&format!("`{name}`")) {
            wrong.push(format!("no document explains {name}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
