//! The order of keys.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

/// Compares two keys the way go-yaml sorts them: letters after everything else, digit runs by value.
///
/// Not transitive for keys that mix leading digit runs and letters (`12:30x`, `1e3`, `9`), so no sort that
/// relies on a total order may be used with it.
/// Source: `keyList.Less`, go-yaml v2 `sorter.go`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let Some(mut at) = a.bytes().zip(b.bytes()).position(|(x, y)| x != y) else {
        return a.len().cmp(&b.len());
    };
    while !(a.is_char_boundary(at) && b.is_char_boundary(at)) {
        at -= 1;
    }
    let (Some(x), Some(y)) = (a[at..].chars().next(), b[at..].chars().next()) else {
        return a.len().cmp(&b.len());
    };
    match (is_letter(x), is_letter(y)) {
        (true, true) => x.cmp(&y),
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => by_digits(a, b, at).then(x.cmp(&y)),
    }
}

/// Compares the digit runs at `at`, the first place where the keys differ.
fn by_digits(a: &str, b: &str, at: usize) -> Ordering {
    // Zeros count when they continue a number: 10 before 1, but 01 beside 1.
    let continues = (a[at..].starts_with('0') || b[at..].starts_with('0'))
        && a[..at]
            .chars()
            .rev()
            .take_while(|c| is_digit(*c))
            .any(|c| c != '0');
    digit_run(&a[at..], continues).cmp(&digit_run(&b[at..], continues))
}

/// Value and length of the digits a text starts with. Long runs wrap around, as they do in Go.
fn digit_run(text: &str, continues: bool) -> (i64, usize) {
    text.chars().take_while(|c| is_digit(*c)).fold(
        (i64::from(continues), 0),
        |(value, length), digit| {
            let digit = i64::from(u32::from(digit)) - i64::from(u32::from('0'));
            (value.wrapping_mul(10).wrapping_add(digit), length + 1)
        },
    )
}

// Unicode's general categories L and Nd, which the standard library does not offer on their own.
static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\p{L}").ok());
static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\p{Nd}").ok());

fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphabetic()
    } else {
        in_category(&LETTER, c)
    }
}

fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_digit()
    } else {
        in_category(&DIGIT, c)
    }
}

fn in_category(category: &Option<Regex>, c: char) -> bool {
    category
        .as_ref()
        .is_some_and(|category| category.is_match(c.encode_utf8(&mut [0; 4])))
}

/// Below this length a list is sorted in place.
const SHORT: usize = 16;

/// Sorts `items[base..]`, equal items in their old order. Any comparison will do: one that contradicts
/// itself gives some order, always the same, and no panic.
pub(super) fn sort<T>(
    items: &mut Vec<T>,
    base: usize,
    compare: impl Fn(&T, &T) -> Ordering + Copy,
) {
    if items.len() - base <= SHORT {
        insertion_sort(&mut items[base..], compare);
    } else {
        let part = items.split_off(base);
        items.extend(merge_sort(part, compare));
    }
}

fn insertion_sort<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && compare(&items[at - 1], &items[at]).is_gt() {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

fn merge_sort<T>(mut items: Vec<T>, compare: impl Fn(&T, &T) -> Ordering + Copy) -> Vec<T> {
    if items.len() <= SHORT {
        insertion_sort(&mut items, compare);
        return items;
    }
    let mut merged = Vec::with_capacity(items.len());
    let right = items.split_off(items.len() / 2);
    let mut left = merge_sort(items, compare).into_iter().peekable();
    let mut right = merge_sort(right, compare).into_iter().peekable();
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        let next = if compare(l, r).is_gt() {
            right.next()
        } else {
            left.next()
        };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}
