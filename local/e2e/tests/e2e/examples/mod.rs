//! Whoever tries an operation with the examples of the API description gets an answer that the description has.

pub mod values;

use jsonschema::Validator;
use pg::AdHoc;
use serde_json::{Value, json};
use testkit::{Answer, World};

use crate::api::{Operation, operations, standalone};
use values::Request;

/// Codes of requests that nobody could make successfully, whatever there is in the databases, or of the wrong caller.
const MALFORMED: [&str; 20] = [
    "route_not_found",
    "method_not_allowed",
    "query_parameter_missing",
    "query_parameter_invalid",
    "query_parameter_repeated",
    "query_parameter_unknown",
    "unsupported_media_type",
    "body_not_json",
    "body_too_large",
    "validation_failed",
    "idempotency_key_invalid",
    "idempotency_key_missing",
    "token_missing",
    "token_invalid",
    "token_expired",
    "token_revoked",
    "staff_only",
    "marketer_only",
    "admin_only",
    "internal_error",
];

/// Whether the numbers in the examples are those of the demo. `cargo local test` has it when it runs everything; in
/// another run they may be the numbers of other tests' rows.
async fn has_demo(world: &World) -> bool {
    let sql = "SELECT 1 FROM tariffs, promo_codes AS a, promo_codes AS b
        WHERE tariffs.id = 1 AND tariffs.title = 'Базовый на месяц'
            AND a.id = 5 AND a.code = 'AUTUMN30' AND b.id = 200 AND b.code = 'MONTH199'";
    world.loyalty.row(sql, &[]).await.unwrap().is_some()
}

/// Whether it changes something of a promo code or a tariff that the demo has.
fn changes_demo(operation: &Operation) -> bool {
    let mut parameters = operation.parameters("path");
    parameters.extend(operation.parameters("query"));
    let mut names = parameters.iter().map(|parameter| &parameter["name"]);
    operation.method != "GET" && names.any(|name| name == "tariff" || name == "promocode_id")
}

fn validator(schema: &Value) -> Validator {
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&standalone(schema)).unwrap()
}

/// What is wrong with a value, by its schema.
fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let validator = validator(schema);
    let errors = validator.iter_errors(value);
    let at = |error: jsonschema::ValidationError| format!("{}: {error}", error.instance_path());
    errors.map(at).collect()
}

fn is_malformed(operation: &Operation, answer: &Answer) -> bool {
    let code = answer.json["code"].as_str();
    // The webhook's example names a payment, and the provider knows none of the description's.
    let unknown_payment = operation.template == "/payment_webhook"
        && answer.json["errors"][0]["field"] == "object.id";
    code.is_some_and(|code| MALFORMED.contains(&code)) && !unknown_payment
}

/// What is wrong with an answer.
fn complaints(operation: &Operation, answer: &Answer) -> Vec<String> {
    if answer.status >= 400 {
        let code = answer.json["code"].as_str().unwrap_or_default();
        answer.problem(answer.status, code);
    }
    if is_malformed(operation, answer) {
        return vec!["the examples make no proper request".to_owned()];
    }
    let Some(described) = operation.answer(answer.status) else {
        return vec!["the description has no such status".to_owned()];
    };
    let Some(kinds) = described["content"].as_object() else {
        let has_body = !answer.json.is_null();
        return Vec::from_iter(has_body.then(|| "the description has no body".to_owned()));
    };
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let Some(content) = kinds.get(kind) else {
        return vec!["the description has another content type".to_owned()];
    };
    if kind == "text/csv" {
        return violations(&content["schema"], &json!(answer.body()));
    }
    let mut schema = content["schema"].clone();
    // Members that the description does not have. Problems may have them.
    if answer.status < 400 && schema.get("$ref").is_some() {
        schema["unevaluatedProperties"] = json!(false);
    }
    violations(&schema, &answer.json)
}

#[tokio::test]
async fn every_example_gets_a_described_answer() {
    let world = World::new().await;
    let demo = has_demo(&world).await;
    let mut wrong = vec![];
    // The registration first, so that the login finds the account.
    let mut operations = operations();
    operations.sort_by_key(|operation| operation.template != "/user_registration");
    for operation in operations {
        let (method, template) = (operation.method.as_str(), operation.template);
        let requests = match Request::all_of(&operation) {
            Ok(requests) => requests,
            Err(missing) => {
                wrong.push(format!("{method} {template}: {missing} has no example"));
                continue;
            }
        };
        for request in &requests {
            if let (Some(content), Some(body)) = (operation.body(), &request.body) {
                let violations = violations(&content["schema"], body);
                wrong.extend(
                    violations
                        .iter()
                        .map(|what| format!("{method} {template}: {what}")),
                );
            }
        }
        if changes_demo(&operation) && !demo {
            println!("not sent, since the demo is not there: {method} {template}");
            continue;
        }
        // One that nobody has used: some of these end the session or delete the account.
        let user = match (operation.needs_token(), operation.is_for_staff()) {
            (false, _) => None,
            (true, false) => Some(world.user().await),
            (true, true) => Some(world.staff("admin").await),
        };
        for request in &requests {
            let answer = request.call(&world, user.as_ref()).send().await;
            println!("{answer}");
            let complaints = complaints(&operation, &answer);
            wrong.extend(complaints.iter().map(|what| format!("{what}: {answer}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.finish().await;
}
