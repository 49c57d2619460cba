//! Tests of the program from outside, and of the shape of its source.

mod cli;
mod layers;
mod readme;
mod report;
mod workspace;
