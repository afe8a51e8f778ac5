//! The scripts, sent by their digest.

use redis::{Cmd, Script, Value};

use super::{fault::Failed, link::Link};

/// A script and its digest.
#[derive(Debug)]
pub(super) struct Lua {
    text: &'static str,
    digest: String,
}

/// Every script of ours.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) load: Lua,
    pub(super) commit: Lua,
    pub(super) registry: Lua,
    pub(super) intend: Lua,
    pub(super) finish: Lua,
    pub(super) overdue: Lua,
    pub(super) settle: Lua,
    pub(super) tally: Lua,
    pub(super) sends: Lua,
    pub(super) gauge: Lua,
    pub(super) leave: Lua,
}

impl Lua {
    /// Tells a server the script.
    pub(super) fn teaching(&self) -> Cmd {
        let mut cmd = redis::cmd("SCRIPT");
        cmd.arg("LOAD").arg(self.text);
        cmd
    }
}

impl Scripts {
    pub(super) fn new() -> Self {
        let lua = |text| Lua { text, digest: Script::new(text).get_hash().to_owned() };
        Self {
            load: lua(include_str!("load.lua")),
            commit: lua(include_str!("commit.lua")),
            registry: lua(include_str!("registry.lua")),
            intend: lua(include_str!("intend.lua")),
            finish: lua(include_str!("finish.lua")),
            overdue: lua(include_str!("overdue.lua")),
            settle: lua(include_str!("settle.lua")),
            tally: lua(include_str!("tally.lua")),
            sends: lua(include_str!("sends.lua")),
            gauge: lua(include_str!("gauge.lua")),
            leave: lua(include_str!("leave.lua")),
        }
    }
}

/// The beginning of a call: the keys, to which arguments are added.
pub(super) fn call(lua: &Lua, keys: &[&str]) -> Cmd {
    let mut cmd = redis::cmd("EVALSHA");
    cmd.arg(&lua.digest).arg(keys.len()).arg(keys);
    cmd
}

/// Runs a script; a server that has forgotten it is told once.
pub(super) async fn run(link: &Link, lua: &Lua, cmd: &Cmd) -> Result<Value, Failed> {
    match link.run(cmd).await {
        Err(failed) if failed.is_no_script() => {
            teach(link, lua).await?;
            link.run(cmd).await
        }
        answer => answer,
    }
}

/// Tells the server, or every master of a cluster, a script.
pub(super) async fn teach(link: &Link, lua: &Lua) -> Result<(), Failed> {
    link.run(&lua.teaching()).await.map(drop)
}
