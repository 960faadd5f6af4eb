use serde::Deserialize;
use uuid::Uuid;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only what can't become one is looked at")]
struct Body {
    text: String,
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Day {
    Sat,
    Sun,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only what can't become one is looked at")]
struct Hours {
    from: String,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "only what can't become one is looked at")]
enum Effect {
    None,
    Free { days: i32 },
    Fixed { price: String },
}

#[test]
fn each_mismatch_is_explained_in_both_languages() {
    for (members, english, russian) in [
        ("", "`text` is missing", "`text`: не хватает этого поля"),
        (r#""text":1"#, "`text` must be text", "`text`: нужна строка"),
        (
            r#""text":null"#,
            "`text` must be text",
            "`text`: нужна строка",
        ),
        (
            r#""text":"","text":"""#,
            "`text` must occur only once",
            "`text`: укажите один раз",
        ),
        (
            r#""text":"","a`, expected `b":1"#,
            "`a`, expected `b` is not a field of this call: leave it out",
            "`a`, expected `b`: такого поля нет, не передавайте его",
        ),
        (
            r#""text":"","number":"x, expected a boolean""#,
            "`number` must be a whole number",
            "`number`: нужно целое число",
        ),
        (
            r#""text":"","number":1.5"#,
            "`number` must be a whole number",
            "`number`: нужно целое число",
        ),
        (
            r#""text":"","list":[1,256]"#,
            "`list[1]` must be a whole number within range",
            "`list[1]`: нужно целое число в допустимых пределах",
        ),
        (
            r#""text":"","flag":"true""#,
            "`flag` must be true or false",
            "`flag`: нужно true или false",
        ),
        (
            r#""text":"","list":{}"#,
            "`list` must be a list",
            "`list`: нужен список",
        ),
        (
            r#""text":"","hours":"9-18""#,
            "`hours` must be a JSON object",
            "`hours`: нужен объект JSON",
        ),
        (
            r#""text":"","hours":{}"#,
            "`hours.from` is missing",
            "`hours.from`: не хватает этого поля",
        ),
        (
            r#""text":"","days":["sat",true]"#,
            "`days[1]` must be text",
            "`days[1]`: нужна строка",
        ),
        (
            r#""text":"","days":["mon"]"#,
            "`days[0]` must be one of `sat`, `sun`",
            "`days[0]`: нужно одно из значений `sat`, `sun`",
        ),
        (
            r#""text":"","effect":1"#,
            "`effect` must be a JSON object",
            "`effect`: нужен объект JSON",
        ),
        (
            r#""text":"","effect":{"kind":["x"]}"#,
            "`effect.kind` must be text",
            "`effect.kind`: нужна строка",
        ),
        (
            r#""text":"","effect":{"kind":"cheap"}"#,
            "`effect.kind` must be one of `none`, `free`, `fixed`",
            "`effect.kind`: нужно одно из значений `none`, `free`, `fixed`",
        ),
        (
            r#""text":"","effect":{"kind":"fixed"}"#,
            "`effect.price` is missing",
            "`effect.price`: не хватает этого поля",
        ),
        (
            r#""text":"","effect":{"kind":"free","days":3,"weeks":1}"#,
            "`effect.weeks` is not a field of this call: leave it out",
            "`effect.weeks`: такого поля нет, не передавайте его",
        ),
        (
            r#""text":"","users":["anna"]"#,
            "`users[0]` must be a UUID",
            "`users[0]`: нужен UUID",
        ),
        (
            r#""text":"","users":[1]"#,
            "`users[0]` must be a UUID",
            "`users[0]`: нужен UUID",
        ),
        (
            r#""text":"","days":[{"sat":1}]"#,
            "`days[0].sat` does not fit the API description",
            "`days[0].sat`: не соответствует описанию API",
        ),
    ] {
        let error = BodyError::of::<Body>(format!("{{{members}}}").as_bytes());
        let error = error.unwrap_or_else(|| panic!("{members} fits"));
        let advice = [Language::En, Language::Ru].map(|language| error.advice(language));
        assert_eq!(advice, [english, russian], "{members}");
    }
    let fits = r#"{"text":"","days":["sat"],"effect":{"kind":"none"}}"#;
    assert_eq!(BodyError::of::<Body>(fits.as_bytes()), None);
    assert_eq!(
        BodyError::of::<Body>(br#"{"text":"","number":1e99999}"#),
        None
    );
    let error = BodyError::not_an_object();
    assert_eq!(error.advice(Language::En), "the body must be a JSON object");
    assert_eq!(
        error.advice(Language::Ru),
        "тело запроса: нужен объект JSON"
    );
}
