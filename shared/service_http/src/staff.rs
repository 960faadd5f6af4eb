//! Staff callers, by the permissions of their roles.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use domain::Role;

use crate::known_parameters::refuse_unknown_parameter;
use crate::{Access, Caller, Code, Problem};

/// An extractor of callers who have one of some roles; the others get an error. Extractors after it find the [`Caller`]
/// among the extensions of the request.
macro_rules! callers {
    ($( $(#[$meta:meta])* $name:ident: $($role:ident)|+, else $error:ident; )+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name(pub Caller);

            impl<S: Sync> FromRequestParts<S> for $name
            where
                Access: FromRef<S>,
            {
                type Rejection = Problem;

                async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                    let caller = Caller::of(parts, Access::from_ref(state)).await?;
                    match caller.role {
                        $(Role::$role)|+ => refuse_unknown_parameter(parts)?,
                        _ => return Err(Problem::new(Code::$error)),
                    }
                    parts.extensions.insert(caller);
                    Ok($name(caller))
                }
            }
        )+
    };
}

callers! {
    /// A member of staff: support, marketing or an administrator.
    Staff: Support | Marketer | Admin, else StaffOnly;
    /// A caller who may change what is sold and to whom: marketing or an administrator.
    Marketer: Marketer | Admin, else MarketerOnly;
    /// An administrator.
    Admin: Admin, else AdminOnly;
}
