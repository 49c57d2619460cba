//! Which operator binds tighter, as in gojq 0.12.19 (`parser.go.y`).

use super::lex::Token;
use super::syntax::{Expr, Operator};

/// The side an operator groups to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
    Neither,
}

/// An operator within an expression: how tightly it binds, and to which side.
pub(super) fn operator(token: &Token) -> Option<(u8, Side, &'static str)> {
    let sign = sign_or_word(token)?;
    let (level, side) = match sign {
        "//" => (1, Side::Right),
        "=" | "|=" | "+=" | "-=" | "*=" | "/=" | "%=" | "//=" => (2, Side::Neither),
        "or" => (3, Side::Left),
        "and" => (4, Side::Left),
        "==" | "!=" | "<" | "<=" | ">" | ">=" => (5, Side::Neither),
        "+" | "-" => (6, Side::Left),
        "*" | "/" | "%" => (7, Side::Left),
        _ => return None,
    };
    Some((level, side, sign))
}

fn sign_or_word(token: &Token) -> Option<&'static str> {
    match token {
        Token::Sign(sign) => Some(sign),
        Token::Word(word) if word == "or" => Some("or"),
        Token::Word(word) if word == "and" => Some("and"),
        _ => None,
    }
}

pub(super) fn joined(sign: &str, left: Expr, right: Expr) -> Expr {
    let (left, right) = (Box::new(left), Box::new(right));
    let binary = |operator, left, right| Expr::Binary(operator, left, right);
    let update = |operator, left, right| Expr::Update(operator, left, right);
    match sign {
        "//" => Expr::Alternative(left, right),
        "=" => Expr::Assign(left, right),
        "|=" => update(None, left, right),
        "+=" => update(Some(Operator::Add), left, right),
        "-=" => update(Some(Operator::Subtract), left, right),
        "*=" => update(Some(Operator::Multiply), left, right),
        "/=" => update(Some(Operator::Divide), left, right),
        "%=" => update(Some(Operator::Remainder), left, right),
        "//=" => update(Some(Operator::Alternative), left, right),
        "or" => Expr::Or(left, right),
        "and" => Expr::And(left, right),
        "==" => binary(Operator::Equal, left, right),
        "!=" => binary(Operator::Unequal, left, right),
        "<" => binary(Operator::Less, left, right),
        "<=" => binary(Operator::LessOrEqual, left, right),
        ">" => binary(Operator::Greater, left, right),
        ">=" => binary(Operator::GreaterOrEqual, left, right),
        "+" => binary(Operator::Add, left, right),
        "-" => binary(Operator::Subtract, left, right),
        "*" => binary(Operator::Multiply, left, right),
        "/" => binary(Operator::Divide, left, right),
        _ => binary(Operator::Remainder, left, right),
    }
}
