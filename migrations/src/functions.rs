//! The functions of a database: created when they are new, replaced when their text changed, dropped when their file is
//! gone. Their triggers come and go with them.

use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Transaction};

use crate::{MigrationError, Report};

/// A function of a database.
#[derive(Debug, Clone, Copy)]
pub struct Function<'a> {
    /// Its name, which is that of its file.
    pub name: &'a str,
    /// `CREATE OR REPLACE FUNCTION`, and the triggers that call it.
    pub sql: &'a str,
}

type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// What is deployed. The checksums are those of the whole texts, comments and triggers included.
const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_functions (name text PRIMARY KEY, checksum text NOT NULL);
    COMMENT ON TABLE schema_functions IS
        'A row is a function of this schema as `migrate` created it last: migrations/README.md.';
    COMMENT ON COLUMN schema_functions.checksum IS 'SHA-256 of its file, in hexadecimal digits.'";

/// Functions whose texts ($2) by their names ($1) are not those that are deployed, and the deployed ones that have no
/// text any more: these without a checksum.
const DIFFERENCES: &str = "
    SELECT coalesce(w.name, d.name) COLLATE \"C\", w.checksum
    FROM (
        SELECT name, encode(sha256(convert_to(sql, 'UTF8')), 'hex') AS checksum
        FROM unnest($1::text[], $2::text[]) AS given (name, sql)
    ) AS w
    FULL JOIN schema_functions d ON d.name = w.name
    WHERE w.checksum IS DISTINCT FROM d.checksum
    ORDER BY 1";

const DEPLOYED: &str = "INSERT INTO schema_functions (name, checksum) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum";

const GONE: &str = "DELETE FROM schema_functions WHERE name = $1";

/// The functions of the name $1, and before them the triggers that call one of them: the function's id if it is one, the
/// version of the row in the catalogue, and the statement that drops it.
const OBJECTS: &str = "
    WITH named AS (
        SELECT oid, xmin FROM pg_proc
        WHERE proname = $1 AND pronamespace = quote_ident(current_schema())::regnamespace
    )
    SELECT NULL::oid, 'trigger ' || t.oid || ' ' || t.xmin, format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)
    FROM pg_trigger t JOIN named ON named.oid = tgfoid
    WHERE NOT tgisinternal AND tgparentid = 0
    UNION ALL
    SELECT oid, 'function ' || oid || ' ' || xmin, format('DROP FUNCTION %s', oid::regprocedure) FROM named";

/// Has Postgres look at the bodies of functions.
const VALIDATE: &str = "
    SELECT CASE lanname WHEN 'plpgsql' THEN plpgsql_validator(p.oid) WHEN 'sql' THEN fmgr_sql_validator(p.oid) END
    FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE p.oid = $1";

/// Makes the functions of the current schema be `functions`, in one transaction.
pub(crate) async fn deploy(
    client: &mut Client,
    functions: &[Function<'_>],
    report: &mut Report,
) -> Result<(), MigrationError> {
    let unreachable = MigrationError::Connection;
    let mut transaction = client.transaction().await.map_err(unreachable)?;
    // A function may call one that is created after it.
    let begin = format!("SET LOCAL check_function_bodies = off; {TABLE}");
    transaction
        .batch_execute(&begin)
        .await
        .map_err(unreachable)?;
    let mut created = vec![];
    for (name, checksum) in differences(&transaction, functions)
        .await
        .map_err(unreachable)?
    {
        let failed = |error| MigrationError::Function(name.clone(), error);
        let function = functions.iter().find(|function| function.name == name);
        let (Some(function), Some(checksum)) = (function, checksum) else {
            report.dropped.push(name);
            continue;
        };
        let oid = create(&mut transaction, function).await.map_err(failed)?;
        let oid = oid.ok_or_else(|| MigrationError::Misnamed(name.clone()))?;
        let params: [Param<'_>; 2] = [(&name, Type::TEXT), (&checksum, Type::TEXT)];
        transaction
            .execute_typed(DEPLOYED, &params)
            .await
            .map_err(failed)?;
        created.push(oid);
        report.functions.push(name);
    }
    // Last: a trigger may have gone over to a function of another name.
    for name in &report.dropped {
        let failed = |error| MigrationError::Function(name.clone(), error);
        remove(&transaction, name).await.map_err(failed)?;
    }
    let checked = "SET LOCAL check_function_bodies = on";
    transaction
        .batch_execute(checked)
        .await
        .map_err(unreachable)?;
    for (oid, name) in created.iter().zip(&report.functions) {
        let failed = |error| MigrationError::Function(name.clone(), error);
        let validated = transaction.query_typed(VALIDATE, &[(oid, Type::OID)]).await;
        validated.map_err(failed)?;
    }
    transaction.commit().await.map_err(unreachable)
}

async fn differences(
    transaction: &Transaction<'_>,
    functions: &[Function<'_>],
) -> Result<Vec<(String, Option<String>)>, Error> {
    let names: Vec<&str> = functions.iter().map(|function| function.name).collect();
    let texts: Vec<&str> = functions.iter().map(|function| function.sql).collect();
    let params: [Param<'_>; 2] = [(&names, Type::TEXT_ARRAY), (&texts, Type::TEXT_ARRAY)];
    let rows = transaction.query_typed(DIFFERENCES, &params).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Creates or replaces a function, and drops what an earlier text of it left: overloads and triggers. Returns the
/// function's id; none when the text makes no function, or not one, of that name.
async fn create(
    transaction: &mut Transaction<'_>,
    function: &Function<'_>,
) -> Result<Option<u32>, Error> {
    let before = objects(transaction, function.name).await?;
    let savepoint = transaction.savepoint("replace_function").await?;
    match savepoint.batch_execute(function.sql).await {
        Ok(()) => savepoint.commit().await?,
        // Another return type, or other names of its arguments: nothing that `OR REPLACE` can do.
        Err(error) if error.code() == Some(&SqlState::INVALID_FUNCTION_DEFINITION) => {
            savepoint.rollback().await?;
            for object in &before {
                transaction.batch_execute(&object.drop).await?;
            }
            transaction.batch_execute(function.sql).await?;
        }
        Err(error) => return Err(error),
    }
    let mut made = vec![];
    for object in objects(transaction, function.name).await? {
        if before.iter().any(|old| old.version == object.version) {
            transaction.batch_execute(&object.drop).await?;
        } else {
            made.extend(object.function);
        }
    }
    Ok(match made[..] {
        [oid] => Some(oid),
        _ => None,
    })
}

/// Drops a function and its triggers. When anything else needs it, this fails.
async fn remove(transaction: &Transaction<'_>, name: &str) -> Result<(), Error> {
    for object in objects(transaction, name).await? {
        transaction.batch_execute(&object.drop).await?;
    }
    let params: [Param<'_>; 1] = [(&name, Type::TEXT)];
    transaction.execute_typed(GONE, &params).await.map(drop)
}

/// A function, or a trigger that calls one.
struct Object {
    /// The function's id, if it is one.
    function: Option<u32>,
    /// Another one as soon as the object is replaced.
    version: String,
    /// The statement that drops it.
    drop: String,
}

async fn objects(transaction: &Transaction<'_>, name: &str) -> Result<Vec<Object>, Error> {
    let rows = transaction
        .query_typed(OBJECTS, &[(&name, Type::TEXT)])
        .await?;
    let object = |row: &tokio_postgres::Row| {
        Ok(Object {
            function: row.try_get(0)?,
            version: row.try_get(1)?,
            drop: row.try_get(2)?,
        })
    };
    rows.iter().map(object).collect()
}
