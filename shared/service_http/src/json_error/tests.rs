use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::*;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only what can't become one is looked at")]
struct Body {
    text: String,
    count: i64,
    number: Option<i32>,
    #[serde(default)]
    flag: bool,
    #[serde(default)]
    list: Vec<u8>,
    days: Option<Vec<Day>>,
    hours: Option<Hours>,
    effect: Option<Effect>,
    users: Option<Vec<Uuid>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Day {
    Sat,
    Sun,
}

#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "only what can't become one is looked at")]
struct Hours {
    from: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "only what can't become one is looked at")]
enum Effect {
    None,
    Free { days: i32 },
    Fixed { price: String },
}

/// What is said of a body with these members, and the right ones where others are missing: the place and the advice.
fn told(members: &str, language: Language) -> Vec<(String, String)> {
    let right = [("\"text\"", "\"text\":\"\""), ("\"count\"", "\"count\":1")];
    let missing = right.iter().filter(|(name, _)| !members.contains(name));
    let mut all: Vec<&str> = missing.map(|(_, member)| *member).collect();
    all.push(members);
    told_of(&format!("{{{}}}", all.join(",")), language)
}

fn told_of(body: &str, language: Language) -> Vec<(String, String)> {
    let differences = Differences::of::<Body>(body.as_bytes()).unwrap();
    let told = |error: &BodyError| (error.place.to_string(), error.advice(language));
    differences.errors.iter().map(told).collect()
}

#[test]
fn each_mismatch_is_explained_in_both_languages() {
    for (members, place, english, russian) in [
        (r#""text":1"#, "text", "use text", "нужна строка"),
        (r#""text":null"#, "text", "use text", "нужна строка"),
        (
            r#""text":"","text":"""#,
            "text",
            "give it only once",
            "укажите один раз",
        ),
        (
            r#""a`, expected `b":1"#,
            "a`, expected `b",
            "leave it out: the fields are `text`, `count`, `number`, `flag`, `list`, `days`, `hours`, `effect`, `users`",
            "не передавайте: здесь есть поля `text`, `count`, `number`, `flag`, `list`, `days`, `hours`, `effect`, `users`",
        ),
        (
            r#""flga":true"#,
            "flga",
            "leave it out: the fields are `text`, `count`, `number`, `flag`, `list`, `days`, `hours`, `effect`, `users`. Did you mean `flag`?",
            "не передавайте: здесь есть поля `text`, `count`, `number`, `flag`, `list`, `days`, `hours`, `effect`, `users`. Может быть, `flag`?",
        ),
        (
            r#""number":"x, expected a boolean""#,
            "number",
            "use a whole number",
            "нужно целое число",
        ),
        (
            r#""number":1.5"#,
            "number",
            "use a whole number",
            "нужно целое число",
        ),
        (
            r#""list":[1,256]"#,
            "list[1]",
            "use a whole number within range",
            "нужно целое число в допустимых пределах",
        ),
        (
            r#""flag":"true""#,
            "flag",
            "use true or false",
            "нужно true или false",
        ),
        (r#""list":{}"#, "list", "use a list", "нужен список"),
        (
            r#""hours":"9-18""#,
            "hours",
            "use a JSON object",
            "нужен объект JSON",
        ),
        (
            r#""hours":{}"#,
            "hours.from",
            "enter a value: the field is required",
            "укажите значение: поле обязательное",
        ),
        (
            r#""days":["sat",true]"#,
            "days[1]",
            "use text",
            "нужна строка",
        ),
        (
            r#""days":["mon"]"#,
            "days[0]",
            "use one of `sat`, `sun`",
            "нужно одно из значений `sat`, `sun`",
        ),
        (
            r#""effect":1"#,
            "effect",
            "use a JSON object",
            "нужен объект JSON",
        ),
        (
            r#""effect":{"kind":["x"]}"#,
            "effect.kind",
            "use text",
            "нужна строка",
        ),
        (
            r#""effect":{"kind":"cheap"}"#,
            "effect.kind",
            "use one of `none`, `free`, `fixed`",
            "нужно одно из значений `none`, `free`, `fixed`",
        ),
        (
            r#""effect":{"kind":"fixed"}"#,
            "effect.price",
            "enter a value: the field is required",
            "укажите значение: поле обязательное",
        ),
        (
            r#""effect":{"kind":"free","days":3,"weeks":1}"#,
            "effect.weeks",
            "leave it out: the fields are `days`",
            "не передавайте: здесь есть поля `days`",
        ),
        (
            r#""users":["anna"]"#,
            "users[0]",
            "use a UUID",
            "нужен UUID",
        ),
        (r#""users":[1]"#, "users[0]", "use a UUID", "нужен UUID"),
        (
            r#""days":[{"sat":1}]"#,
            "days[0].sat",
            "use what the API description says",
            "не соответствует описанию API",
        ),
    ] {
        let expected = |advice: &str| vec![(place.to_owned(), advice.to_owned())];
        assert_eq!(told(members, Language::En), expected(english), "{members}");
        assert_eq!(told(members, Language::Ru), expected(russian), "{members}");
    }
    let error = BodyError::not_an_object();
    assert_eq!(error.advice(Language::En), "use a JSON object");
}

#[test]
fn all_mismatches_are_named_at_once() {
    let body = r#"{"numberx":1,"flag":"x","days":["mon"],"effect":{"kind":"free","days":"x","weeks":2},"list":[1]}"#;
    let places: Vec<String> = told_of(body, Language::En)
        .into_iter()
        .map(|(at, _)| at)
        .collect();
    assert_eq!(
        places,
        [
            "days[0]",
            "effect.days",
            "effect.weeks",
            "flag",
            "numberx",
            "text",
            "count"
        ]
    );
    let differences = Differences::of::<Body>(body.as_bytes()).unwrap();
    assert_eq!(
        differences.rest,
        *json!({ "days": [], "list": [1] }).as_object().unwrap()
    );
}

#[test]
fn repeated_members_hide_nothing() {
    let body =
        r#"{"text":"","text":5,"count":"1","count":2,"numberx":1,"flag":"x","effect":["free",1]}"#;
    let places: Vec<String> = told_of(body, Language::En)
        .into_iter()
        .map(|(at, _)| at)
        .collect();
    assert_eq!(places, ["text", "count", "effect", "flag", "numberx"]);
    assert!(has_lists_for_objects::<Body>(br#"{"effect":["free",1]}"#));
    assert!(!has_lists_for_objects::<Body>(
        br#"{"list":[1],"days":["sat"]}"#
    ));
}

#[test]
fn what_was_taken_out_is_not_missing() {
    let body = r#"{"text":1,"count":1,"hours":{"from":1},"effect":{"kind":"cheap"}}"#;
    let places: Vec<String> = told_of(body, Language::En)
        .into_iter()
        .map(|(at, _)| at)
        .collect();
    assert_eq!(places, ["effect.kind", "hours.from", "text"]);
}

#[test]
fn fitting_and_broken_bodies_have_no_mismatches() {
    let fits = r#""days":["sat"],"effect":{"kind":"none"}"#;
    assert_eq!(told(fits, Language::En), []);
    let no_number = br#"{"text":"","number":1e99999}"#;
    assert!(Differences::of::<Body>(no_number).is_none());
}

#[test]
fn body_of_nothing_but_mismatches_is_looked_at_in_bounded_time() {
    let members: Vec<String> = (0..5_000).map(|n| format!("\"x{n}\":1")).collect();
    let body = format!("{{{}}}", members.join(","));
    assert_eq!(told_of(&body, Language::En).len(), MOST + 2);
}

#[test]
fn each_bad_item_of_a_list_is_named_by_its_place() {
    let places = |members| -> Vec<String> {
        let told = told(members, Language::En);
        told.into_iter().map(|(place, _)| place).collect()
    };
    assert_eq!(
        places(r#""list":[1,"a",2,null,"b"],"users":[1,2]"#),
        ["list[1]", "list[3]", "list[4]", "users[0]", "users[1]"]
    );
}
