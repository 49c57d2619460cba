//! A parsed template.

use super::Value;

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// Text outside of brackets.
    Text(String),
    /// A pipeline whose value is printed, unless it declares or assigns.
    Action(Pipeline),
    /// `if`.
    If(Branch),
    /// `with`.
    With(Branch),
    /// `range`.
    Range(Branch),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// A pipeline with what runs when it holds and when it does not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Branch {
    pub(super) pipeline: Pipeline,
    pub(super) body: Vec<Piece>,
    pub(super) otherwise: Vec<Piece>,
}

/// Commands, each of which gets the value of the one before as its last argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pipeline {
    /// The variables that it sets, without `$`.
    pub(super) variables: Vec<String>,
    /// Whether the variables are new: `:=`.
    pub(super) declares: bool,
    pub(super) commands: Vec<Vec<Operand>>,
}

/// A part of a command.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// `.`
    Dot,
    /// `nil`
    Nil,
    /// A constant.
    Constant(Value),
    /// `.a.b`
    Field(Vec<String>),
    /// `$x.a.b`; `$` is the variable with the empty name.
    Variable(String, Vec<String>),
    /// The name of a function.
    Function(String),
    /// `(pipeline).a.b`
    Group(Box<Pipeline>, Vec<String>),
}
