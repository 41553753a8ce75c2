//! The gateway over real HTTP on loopback.

mod events;
mod export;
mod gateway;
mod lifecycle;
mod limits;
mod pages;
mod rest;
mod spans;
