//! Changes that need the approval of a second person (docs/adr/0031-approvals.md): which ones, and what whoever asks for one is
//! answered. `functions/admin/approvals` decides on them.

mod body;
mod policy;
mod written;

pub use body::ApprovalBody;
pub use policy::ApprovalPolicy;
pub use written::Written;
