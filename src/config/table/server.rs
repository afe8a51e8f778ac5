//! The settings of the process: what it listens to, where it keeps its state, and its limits.

use super::{Kind, Setting};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        path: "grpc.listen",
        kind: Kind::Address,
        default: "127.0.0.1:7070",
        reason: "Address of the gRPC port; `none` for a Unix socket only. Loopback, since a sidecar serves its own host.",
    },
    Setting {
        path: "grpc.socket",
        kind: Kind::Path,
        default: "",
        reason: "Unix socket of the gRPC service, beside the port. Cheaper than TCP, and guarded by the permissions of its directory.",
    },
    Setting {
        path: "grpc.tls.cert",
        kind: Kind::Path,
        default: "",
        reason: "Certificate chain of the gRPC port (PEM). Without it the port speaks plain text, which is for loopback and meshes.",
    },
    Setting {
        path: "grpc.tls.key",
        kind: Kind::Path,
        default: "",
        reason: "Private key of the certificate (PEM).",
    },
    Setting {
        path: "grpc.tls.client_ca",
        kind: Kind::Path,
        default: "",
        reason: "Authorities of client certificates (PEM). When given, callers need one of theirs (mTLS).",
    },
    Setting {
        path: "http.listen",
        kind: Kind::Address,
        default: "127.0.0.1:7071",
        reason: "Address of the HTTP port: health, metrics, webhook, JSON. A port of its own, so that it can be exposed without the gRPC one.",
    },
    Setting {
        path: "store.url",
        kind: Kind::Word("`memory:` or `file:PATH`"),
        default: "",
        reason: "Where the state is kept. By default `file:` and `sendgate/sendgate.redb` under `$XDG_DATA_HOME` or `~/.local/share`: durable, since an opt-out must survive a restart.",
    },
    Setting {
        path: "identity_key",
        kind: Kind::Secret,
        default: "",
        reason: "Key of the pseudonyms of contacts in the store, 64 hexadecimal digits. Keep it: with another key the stored contacts are not found.",
    },
    Setting {
        path: "cache.contacts",
        kind: Kind::Count,
        default: "1000000",
        reason: "Contacts held in memory. A million takes some hundred megabytes once it is full, and nothing before.",
    },
    Setting {
        path: "webhook.verify_token",
        kind: Kind::Secret,
        default: "",
        reason: "Token of the webhook's verification handshake, as entered in the app's dashboard.",
    },
    Setting {
        path: "webhook.app_secrets",
        kind: Kind::List("list of secret texts"),
        default: "[]",
        reason: "App secrets that sign webhooks; several while one replaces another. Without any, webhooks are refused.",
    },
    Setting {
        path: "webhook.body_bytes_max",
        kind: Kind::Bytes,
        default: "3MiB",
        reason: "The largest webhook that is read. The platform sends up to 3 MB.",
    },
    Setting {
        path: "webhook.allow_unsigned",
        kind: Kind::Flag,
        default: "false",
        reason: "Accept webhooks without a signature: for trying out only, since anyone could then forge opt-ins.",
    },
    Setting {
        path: "limits.concurrent_requests",
        kind: Kind::Count,
        default: "1024",
        reason: "Requests in work at once; more are refused with `RESOURCE_EXHAUSTED` rather than queued past their deadline.",
    },
    Setting {
        path: "limits.open_streams",
        kind: Kind::Count,
        default: "1024",
        reason: "Streams open at once over all connections; more are refused with `RESOURCE_EXHAUSTED`. They stay open for long, so they have a limit of their own and leave requests theirs.",
    },
    Setting {
        path: "limits.concurrent_streams_per_connection",
        kind: Kind::Count,
        default: "256",
        reason: "Calls in flight on one connection: a quarter of all, so that no single caller takes everything.",
    },
    Setting {
        path: "limits.request_bytes",
        kind: Kind::Bytes,
        default: "4MiB",
        reason: "The largest gRPC or JSON request; gRPC's customary limit, and room for a full batch.",
    },
    Setting {
        path: "limits.batch_recipients",
        kind: Kind::Count,
        default: "10000",
        reason: "Recipients of one `CheckSendBatch`; larger campaigns send several, so that no call holds up the others.",
    },
    Setting {
        path: "deadlines.request_default",
        kind: Kind::Duration,
        default: "2s",
        reason: "Time for a request whose caller gives no deadline, so that none waits for ever.",
    },
    Setting {
        path: "deadlines.request_max",
        kind: Kind::Duration,
        default: "30s",
        reason: "The longest deadline of a request that is honoured; longer ones are shortened to it. A stream keeps the one its caller names.",
    },
    Setting {
        path: "deadlines.store_read",
        kind: Kind::Duration,
        default: "250ms",
        reason: "The longest wait for one read of the store; then the answer is DENY, REASON_STATE_UNAVAILABLE (A27).",
    },
    Setting {
        path: "deadlines.store_write",
        kind: Kind::Duration,
        default: "5s",
        reason: "The longest wait for one write of the store; then its outcome is unknown, and the caller repeats it.",
    },
    Setting {
        path: "shutdown.grace",
        kind: Kind::Duration,
        default: "10s",
        reason: "Time for requests in work to finish after SIGTERM; below Kubernetes's 30 s.",
    },
    Setting {
        path: "shutdown.drain_delay",
        kind: Kind::Duration,
        default: "0s",
        reason: "Time between reporting not ready and closing the ports, for load balancers to notice. None for a sidecar, which has none before it.",
    },
    Setting {
        path: "log.level",
        kind: Kind::Word("`error`, `warn`, `info`, `debug` or `trace`"),
        default: "info",
        reason: "The least important messages that are logged.",
    },
    Setting {
        path: "log.format",
        kind: Kind::Word("`text` or `json`"),
        default: "text",
        reason: "Text for people, JSON for collectors of logs.",
    },
    Setting {
        path: "senders.auto_register",
        kind: Kind::Flag,
        default: "",
        reason: "Accept senders that are not configured, each as its own business. By default `true` without `businesses` and `false` with them: who lists senders means these.",
    },
];
