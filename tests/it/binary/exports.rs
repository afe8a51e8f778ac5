//! What `export` writes, given to `import`, by the real program.

use crate::harness::process::{Ran, Served, run, write};

const CONFIG: &str = "
businesses:
  - id: acme
    names: [Acme]
    senders: ['+15550001111']
";
const SENDER: &str = "15550001111";
const A: &str = "+447700900111";
const B: &str = "+447700900222";

struct Shell(Served, tempfile::TempDir);

impl Shell {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("c.yaml");
        write(&config, CONFIG);
        let served = Served::start(&folder.path().join("s.redb"), &["--config", config.to_str().unwrap()]);
        Self(served, folder)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        run(&[arguments, &["--endpoint", &self.0.grpc]].concat())
    }

    fn consent(&self, person: &str) {
        let text = "I agree to receive order updates and offers from Acme on WhatsApp at this number.";
        let ran = self.run(&[
            "consent",
            SENDER,
            person,
            "--method",
            "website",
            "--action",
            "box-checked",
            "--business-name",
            "Acme",
            "--text",
            text,
        ]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    fn reason(&self, person: &str) -> String {
        self.run(&["check", SENDER, person, "--category", "utility"]).out
    }

    fn export(&self) -> String {
        let path = self.1.path().join("e.csv").display().to_string();
        let ran = self.run(&["export", "--format", "csv", "--history", "-o", &path]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        path
    }
}

/// A contact without statements has the name of its business, which is no sender.
#[test]
fn what_export_writes_import_reads() {
    let (old, new) = (Shell::new(), Shell::new());
    assert_eq!(old.run(&["inbound", SENDER, A, "hello", "--message-id", "m1"]).code, Some(0));
    let ran = new.run(&["import", &old.export()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_no_over_a_link_survives_export_and_import() {
    let (old, new) = (Shell::new(), Shell::new());
    old.consent(A);
    assert_eq!(old.run(&["opt-out", SENDER, B]).code, Some(0));
    assert_eq!(old.run(&["link", SENDER, A, B]).code, Some(0));
    assert!(old.reason(A).contains("REASON_OPTED_OUT"));
    let ran = new.run(&["import", &old.export()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(new.reason(A).contains("REASON_OPTED_OUT"), "{}", new.reason(A));
}
