//! Which WASI interfaces are linked, and how each finds its part of the instance's state.

use sidespin_capability::Lend;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliCtxView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtxView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemCtxView};
use wasmtime_wasi::random::{WasiRandom, WasiRandomCtx};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsCtxView};

use crate::Wasi;

/// By package, since a toolchain may ask for any interface of one, at any patch level.
pub(crate) const SERVES: &[&str] = &[
    "wasi:cli/*@0.2",
    "wasi:clocks/*@0.2",
    "wasi:filesystem/*@0.2",
    "wasi:io/*@0.2",
    "wasi:random/*@0.2",
    "wasi:sockets/*@0.2",
    "wasi:cli/*@0.3",
    "wasi:clocks/*@0.3",
    "wasi:filesystem/*@0.3",
    "wasi:random/*@0.3",
    "wasi:sockets/*@0.3",
];

struct Streams;

impl HasData for Streams {
    type Data<'a> = &'a mut ResourceTable;
}

fn cli<T: Lend<Wasi>>(data: &mut T) -> WasiCliCtxView<'_> {
    let (state, table) = data.lend();
    WasiCliCtxView {
        ctx: state.cli(),
        table,
    }
}

fn clocks<T: Lend<Wasi>>(data: &mut T) -> WasiClocksCtxView<'_> {
    let (state, table) = data.lend();
    WasiClocksCtxView {
        ctx: state.clocks(),
        table,
    }
}

fn filesystem<T: Lend<Wasi>>(data: &mut T) -> WasiFilesystemCtxView<'_> {
    let (state, table) = data.lend();
    WasiFilesystemCtxView {
        ctx: state.filesystem(),
        table,
    }
}

fn random<T: Lend<Wasi>>(data: &mut T) -> &mut WasiRandomCtx {
    data.lend().0.random()
}

fn sockets<T: Lend<Wasi>>(data: &mut T) -> WasiSocketsCtxView<'_> {
    let (state, table) = data.lend();
    WasiSocketsCtxView {
        ctx: state.sockets(),
        table,
    }
}

fn streams<T: Lend<Wasi>>(data: &mut T) -> &mut ResourceTable {
    data.lend().1
}

pub(crate) fn add_p2<T: Lend<Wasi>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    use wasmtime_wasi::p2::bindings as wasi;
    use wasmtime_wasi_io::bindings::wasi::io;

    io::error::add_to_linker::<T, Streams>(linker, streams)?;
    io::poll::add_to_linker::<T, Streams>(linker, streams)?;
    io::streams::add_to_linker::<T, Streams>(linker, streams)?;
    wasi::clocks::wall_clock::add_to_linker::<T, WasiClocks>(linker, clocks)?;
    wasi::clocks::monotonic_clock::add_to_linker::<T, WasiClocks>(linker, clocks)?;
    wasi::filesystem::preopens::add_to_linker::<T, WasiFilesystem>(linker, filesystem)?;
    wasi::filesystem::types::add_to_linker::<T, WasiFilesystem>(linker, filesystem)?;
    wasi::random::random::add_to_linker::<T, WasiRandom>(linker, random)?;
    wasi::random::insecure::add_to_linker::<T, WasiRandom>(linker, random)?;
    wasi::random::insecure_seed::add_to_linker::<T, WasiRandom>(linker, random)?;
    wasi::cli::exit::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::environment::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::stdin::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::stdout::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::stderr::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_input::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_output::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_stdin::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_stdout::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_stderr::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::sockets::instance_network::add_to_linker::<T, WasiSockets>(linker, sockets)?;
    let options = wasi::sockets::network::LinkOptions::default();
    wasi::sockets::network::add_to_linker::<T, WasiSockets>(linker, &options, sockets)?;
    wasi::sockets::ip_name_lookup::add_to_linker::<T, WasiSockets>(linker, sockets)?;
    wasi::sockets::tcp::add_to_linker::<T, WasiSockets>(linker, sockets)?;
    wasi::sockets::tcp_create_socket::add_to_linker::<T, WasiSockets>(linker, sockets)?;
    wasi::sockets::udp::add_to_linker::<T, WasiSockets>(linker, sockets)?;
    wasi::sockets::udp_create_socket::add_to_linker::<T, WasiSockets>(linker, sockets)
}

pub(crate) fn add_p3<T: Lend<Wasi>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    use wasmtime_wasi::p3::bindings as wasi;

    wasi::cli::exit::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::environment::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::stdin::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::stdout::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::stderr::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_input::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_output::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_stdin::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_stdout::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::cli::terminal_stderr::add_to_linker::<T, WasiCli>(linker, cli)?;
    wasi::clocks::types::add_to_linker::<T, WasiClocks>(linker, clocks)?;
    wasi::clocks::monotonic_clock::add_to_linker::<T, WasiClocks>(linker, clocks)?;
    wasi::clocks::system_clock::add_to_linker::<T, WasiClocks>(linker, clocks)?;
    wasi::filesystem::types::add_to_linker::<T, WasiFilesystem>(linker, filesystem)?;
    wasi::filesystem::preopens::add_to_linker::<T, WasiFilesystem>(linker, filesystem)?;
    wasi::random::random::add_to_linker::<T, WasiRandom>(linker, random)?;
    wasi::random::insecure::add_to_linker::<T, WasiRandom>(linker, random)?;
    wasi::random::insecure_seed::add_to_linker::<T, WasiRandom>(linker, random)?;
    wasi::sockets::ip_name_lookup::add_to_linker::<T, WasiSockets>(linker, sockets)?;
    wasi::sockets::types::add_to_linker::<T, WasiSockets>(linker, sockets)
}
