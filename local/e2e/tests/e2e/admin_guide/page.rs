//! The blocks of a page in Markdown.

use super::Failure;

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ```` ```sh ````: commands.
    Commands,
    /// ```` ```json ````: the answer to the last call before it.
    Answer,
}

/// A fenced block.
#[derive(Debug)]
pub struct Block {
    pub kind: Kind,
    /// The number of its first line, that after the fence.
    pub line: usize,
    pub text: String,
}

/// All blocks, in order.
pub fn blocks(page: &str) -> Result<Vec<Block>, Failure> {
    let mut blocks = vec![];
    let mut open: Option<Block> = None;
    for (line, text) in (1..).zip(page.lines()) {
        open = match (open, text.strip_prefix("```")) {
            (None, None) if text.contains("```") => {
                return Err(Failure::at(line, "a fence begins its line"));
            }
            (None, None) => None,
            (None, Some(language)) => {
                let kind = match language {
                    "sh" => Kind::Commands,
                    "json" => Kind::Answer,
                    _ => return Err(Failure::at(line, "a block is `sh` or `json`")),
                };
                let (line, text) = (line + 1, String::new());
                Some(Block { kind, line, text })
            }
            (Some(mut block), None) => {
                block.text += text;
                block.text.push('\n');
                Some(block)
            }
            (Some(block), Some("")) => {
                blocks.push(block);
                None
            }
            (Some(_), Some(_)) => return Err(Failure::at(line, "a block within a block")),
        };
    }
    match open {
        None => Ok(blocks),
        Some(block) => Err(Failure::at(block.line, "the block does not end")),
    }
}
