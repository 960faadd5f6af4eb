//! Staff who see personal data, or find out whose an address is, leave a row in the audit log of accounts. All other calls
//! for staff know people by their IDs alone.

use std::collections::BTreeSet;

use pg::{AdHoc, Type};
use serde_json::{Value, json};
use testkit::{User, World};

use crate::api::{Operation, operations, resolved};

/// The calls that take or show personal data.
const PERSONAL: [&str; 2] = ["POST /admin/users/resolve", "POST /admin/users/search"];

/// The members of bodies that are personal data, or would be.
const MEMBERS: [&str; 6] = ["email", "emails", "name", "phone", "password", "address"];

fn name(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.template)
}

/// The names of all members in a schema and those that it refers to.
fn members(schema: &'static Value, found: &mut BTreeSet<&'static str>) {
    match schema {
        Value::Object(object) => {
            let properties = object.get("properties").and_then(Value::as_object);
            for (name, property) in properties.into_iter().flatten() {
                // Types may contain themselves.
                if found.insert(name) {
                    members(property, found);
                }
            }
            if schema.get("$ref").is_some() {
                members(resolved(schema), found);
            }
            let others = object.iter().filter(|(key, _)| {
                !["properties", "$ref", "example", "examples"].contains(&key.as_str())
            });
            for (_, part) in others {
                members(part, found);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| members(part, found)),
        _ => (),
    }
}

fn may_be_personal(operation: &Operation) -> bool {
    let mut found = BTreeSet::new();
    if let Some(body) = operation.body() {
        members(body, &mut found);
    }
    for status in [200, 201, 202] {
        if let Some(answer) = operation.answer(status) {
            members(answer, &mut found);
        }
    }
    MEMBERS.iter().any(|member| found.contains(member))
}

fn for_staff() -> Vec<Operation> {
    let all = operations().into_iter();
    all.filter(Operation::is_for_staff).collect()
}

#[test]
fn calls_with_personal_data_are_known() {
    let found: Vec<String> = for_staff()
        .iter()
        .filter(|operation| may_be_personal(operation))
        .map(name)
        .collect();
    assert_eq!(found, PERSONAL);
}

/// How often staff looked up a user.
async fn look_ups(world: &World, staff: &User, user: &User) -> i64 {
    let sql = "SELECT count(*) FROM staff_actions
        WHERE actor_id = $1 AND user_id = $2 AND action = 'look_up'";
    let params: [pg::Param; 2] = [(&staff.id, Type::UUID), (&user.id, Type::UUID)];
    let row = world.auth.row(sql, &params).await.unwrap();
    row.unwrap().get(0)
}

#[tokio::test]
async fn every_read_of_personal_data_is_recorded() {
    let world = World::new().await;
    let (admin, user) = (world.staff("admin").await, world.user().await);
    for (seen, call) in (1..).zip(PERSONAL) {
        let (method, path) = call.split_once(' ').unwrap();
        let body = match path {
            "/admin/users/resolve" => json!({ "emails": [user.email.to_uppercase()] }),
            _ => json!({ "email": user.email.to_uppercase() }),
        };
        let answer = admin.call(method, path).json(&body).send().await;
        assert!(answer.success(200).to_string().contains("@"), "{answer}");
        assert_eq!(look_ups(&world, &admin, &user).await, seen, "{call}");
    }
    let file = admin.call("POST", "/admin/users/resolve");
    let answer = file.csv(format!("email\n{}\n", user.email)).send().await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(look_ups(&world, &admin, &user).await, 3, "a file");
    world.finish().await;
}

#[tokio::test]
async fn other_reads_show_no_personal_data() {
    let world = World::new().await;
    let (admin, user) = (world.staff("admin").await, world.user().await);
    let address = json!({ "email": user.email });
    let found = admin.call("POST", "/admin/users/search").json(&address);
    found.send().await.success(200);
    let mut answered = 0;
    for operation in for_staff() {
        if operation.method != "GET" {
            continue;
        }
        let mut path = operation.path_with(|_| user.id.to_string());
        let knows = |name: &str| {
            let parameters = operation.parameters("query");
            parameters.iter().any(|known| known["name"] == name)
        };
        if knows("user_id") {
            path += &format!("?user_id={}", user.id);
        }
        let answer = admin.call("GET", &path).send().await;
        answered += u32::from(answer.status == 200);
        let text = answer.json.to_string();
        assert!(!text.contains(&user.email), "{answer}");
    }
    assert!(answered > 5, "{answered} lists");
    world.finish().await;
}
