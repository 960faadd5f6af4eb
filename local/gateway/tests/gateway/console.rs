//! The web console's files come with the same headers from the gateway and from CloudFront.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use saphyr::{LoadableYamlNode, Yaml};

use crate::files::read;

fn headers() -> BTreeMap<String, String> {
    serde_json::from_str(gateway::CONSOLE_HEADERS).unwrap()
}

#[test]
fn headers_are_valid() {
    for (name, value) in headers() {
        assert!(HeaderName::try_from(&name).is_ok(), "{name}");
        assert!(HeaderValue::try_from(&value).is_ok(), "{name}: {value}");
    }
}

#[test]
fn policy_allows_no_inline_code_and_no_other_host() {
    let policy = &headers()["content-security-policy"];
    for forbidden in ["unsafe", "http", "*", "data:", "blob:"] {
        assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
    }
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
}

#[test]
fn template_sends_the_same_headers() {
    const API: &str = " https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}";
    let file = read("template.yaml");
    let documents = Yaml::load_from_str(&file).unwrap();
    let at = |path: &[&str]| {
        let start = [
            "Resources",
            "ConsoleHeaders",
            "Properties",
            "ResponseHeadersPolicyConfig",
        ];
        let found = start
            .iter()
            .chain(path)
            .try_fold(&documents[0], |yaml, key| yaml.as_mapping_get(key));
        let found = found.unwrap_or_else(|| panic!("template.yaml lacks {path:?}"));
        let untagged = match found {
            Yaml::Tagged(_, inner) => inner,
            other => other,
        };
        untagged.as_str().unwrap().to_owned()
    };
    let security = "SecurityHeadersConfig";
    let policy = at(&[security, "ContentSecurityPolicy", "ContentSecurityPolicy"]);
    assert!(policy.contains(API), "{policy}");
    let headers = headers();
    assert_eq!(policy.replace(API, ""), headers["content-security-policy"]);
    let frames = at(&[security, "FrameOptions", "FrameOption"]);
    assert_eq!(frames, headers["x-frame-options"]);
    let referrer = at(&[security, "ReferrerPolicy", "ReferrerPolicy"]);
    assert_eq!(referrer, headers["referrer-policy"]);
    assert!(file.contains("Header: cross-origin-opener-policy, Value: same-origin"));
    assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
}
