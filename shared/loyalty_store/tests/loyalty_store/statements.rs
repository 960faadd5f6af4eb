//! The statements of the store match the schema.

use testkit::{scratch, statements};

#[tokio::test]
async fn statements_fit_the_schema() {
    statements::check(&scratch::loyalty_url().await, loyalty_store::statements()).await;
}
