//! What an expression says, before it is run.

use super::value::Val;

/// An expression: from one value to any number of values.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    /// `.`
    Identity,
    /// A literal.
    Const(Val),
    /// `term[index]`, `.name`
    Index(Box<Expr>, Box<Expr>),
    /// `term[from:to]`
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// `term[]`
    Iterate(Box<Expr>),
    /// `try body catch handler`, `term?`
    Try(Box<Expr>, Option<Box<Expr>>),
    /// `name(args)`
    Call(String, Vec<Expr>),
    /// `$name`
    Variable(String),
    /// `{key: value}`
    Object(Vec<(Expr, Option<Expr>)>),
    /// `[query]`
    Array(Option<Box<Expr>>),
    /// `-term`
    Negate(Box<Expr>),
    /// `+term`
    Plus(Box<Expr>),
    /// A string with queries in it; each is turned into text by the named function.
    Text(&'static str, Vec<TextPart>),
    /// `if … then … elif … else … end`
    If(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// `reduce` and `foreach`.
    Fold(Box<Fold>),
    /// `label $name | body`
    Label(String, Box<Expr>),
    /// `break $name`
    Break(String),
    /// `left | right`
    Pipe(Box<Expr>, Box<Expr>),
    /// `left, right`
    Comma(Box<Expr>, Box<Expr>),
    /// `left // right`
    Alternative(Box<Expr>, Box<Expr>),
    /// `left or right`
    Or(Box<Expr>, Box<Expr>),
    /// `left and right`
    And(Box<Expr>, Box<Expr>),
    /// Arithmetic and comparison.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `left = right`
    Assign(Box<Expr>, Box<Expr>),
    /// `left |= right`; with an operator, `left += right` and its kin.
    Update(Option<Operator>, Box<Expr>, Box<Expr>),
    /// `source as pattern ?// pattern | body`
    Bind(Box<Expr>, Vec<Pattern>, Box<Expr>),
    /// `def name(params): …; body`
    Define(Box<Function>, Box<Expr>),
}

/// A part of a string literal.
#[derive(Debug, Clone)]
pub(super) enum TextPart {
    /// As it stands.
    Plain(String),
    /// `\(…)`
    Query(Expr),
}

/// `reduce source as pattern (start; update)`, `foreach source as pattern (start; update; extract)`.
#[derive(Debug, Clone)]
pub(super) struct Fold {
    /// Whether every state is put out, not only the last.
    pub(super) each: bool,
    pub(super) source: Expr,
    pub(super) pattern: Pattern,
    pub(super) start: Expr,
    pub(super) update: Expr,
    pub(super) extract: Option<Expr>,
}

/// A definition.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) name: String,
    /// With a `$` where the value of the argument is meant.
    pub(super) params: Vec<String>,
    pub(super) body: Expr,
}

/// What a value is taken apart by.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// `$name`
    Variable(String),
    /// `[…]`
    Array(Vec<Pattern>),
    /// `{key: pattern, $name}`
    Object(Vec<(Expr, Option<String>, Option<Pattern>)>),
}

/// Operators between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Alternative,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
