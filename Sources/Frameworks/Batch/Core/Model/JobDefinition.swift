import Schedules

/// What a client wants of a job, with all defaults filled in. Specified by Chronos 3.0 docs/api.md ("Job Configuration"); the members below `options`
/// are ours.
package struct JobDefinition: Hashable, Sendable {
    package var name = ""
    package var command = ""
    /// Whether `command` is a line for a shell; otherwise it is a program, and `arguments` follow it.
    package var isShell = true
    package var arguments: [String] = []
    /// For a custom executor; kept and shown, and without effect.
    package var executorFlags = ""
    package var taskInfoData = ""
    /// Attempts after the first one.
    package var retries = 2
    /// Addresses, separated by commas.
    package var owner = ""
    package var ownerName = ""
    package var description = ""
    package var cpus = 0.1
    /// MB, as is `disk`.
    package var mem = 128.0
    package var disk = 256.0
    package var isDisabled = false
    /// Its failure triggers what depends on it, too.
    package var isSoftError = false
    package var isDataProcessing = false
    package var fetch: [Fetch] = []
    /// `fetch` was given as `uris`.
    package var isFetchOfURIs = false
    package var environment: [Variable] = []
    package var isHighPriority = false
    package var runAsUser = "root"
    package var isConcurrent = false
    /// Seconds; 0: a run may take as long as it wants.
    package var maxCompletionTime: Int64 = 0
    package var constraints: [JobConstraint] = []
    package var trigger = Trigger.schedules([], zone: "")
    package var options = Options()
    package var extras = Extras()

    package init() {}

    /// A file that is fetched into the sandbox.
    package struct Fetch: Hashable, Sendable {
        package var uri: String
        package var isExecutable = false
        package var isCached = false
        package var isExtracted = true
        package var outputFile = ""

        package init(uri: String) { self.uri = uri }
    }

    package struct Variable: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package enum Trigger: Hashable, Sendable {
        /// Texts of intervals and lines of cron, as they were given, but with a start; `zone` is the name of the zone, empty: that of the texts.
        case schedules([String], zone: String)
        /// The names of other jobs, in order, each once.
        case parents([String])
    }

    /// What Chronos 3 doesn't have. What is nil was not given, and isn't shown.
    package struct Options: Hashable, Sendable {
        /// How late a run may begin (Chronos 2); later ones are skipped.
        package var epsilon: Length?
        package var concurrency: Concurrency?
        package var catchUp: CatchUp?
        /// Milliseconds before the second attempt.
        package var retryDelay: Int64?
        /// By how much the delay grows with each attempt.
        package var retryFactor: Double?
        /// Milliseconds that no delay exceeds.
        package var retryDelayLimit: Int64?
        /// Exit codes after which another attempt is made; nil: after each but 0.
        package var retryCodes: [Int64]?
        /// Milliseconds after which a task that can't be reached is given up, and another attempt made; nil: it is waited for.
        package var unreachableTimeout: Int64?
        /// How many ended runs are kept.
        package var history: Int?
        /// Indices of a run, each with a task of its own.
        package var completions: Int?
        /// How many of them may run at a time; nil: all.
        package var parallelism: Int?
        /// How many of them must end well; nil: all.
        package var requiredSuccesses: Int?
        package var triggerRule: TriggerRule?
        /// What a run on request must or may be given; nil: anything.
        package var parameters: ParameterRule?
    }

    /// What happens when a run is due and another one of the job has not ended.
    package enum Concurrency: String, Hashable, Sendable, CaseIterable {
        /// They run side by side.
        case allow = "ALLOW"
        /// The new one is left out.
        case forbid = "FORBID"
        /// The old one is killed.
        case replace = "REPLACE"
        /// The new one waits; what else becomes due meanwhile is one run with it.
        case queue = "QUEUE"
    }

    /// What happens to due times that passed while nothing could be started.
    package enum CatchUp: String, Hashable, Sendable, CaseIterable {
        /// They are left out.
        case none = "NONE"
        /// They become one run.
        case one = "ONE"
        /// Each one becomes a run.
        case all = "ALL"
    }

    /// When a job with parents begins, as to what these did since it began last.
    package enum TriggerRule: String, Hashable, Sendable, CaseIterable {
        /// Each has ended well.
        case allSuccess = "ALL_SUCCESS"
        /// Each has ended, well or badly.
        case allDone = "ALL_DONE"
        /// One has ended well.
        case oneSuccess = "ONE_SUCCESS"
    }

    /// What runs on request are given.
    package struct ParameterRule: Hashable, Sendable {
        package enum Payload: String, Hashable, Sendable, CaseIterable {
            case optional = "OPTIONAL"
            case required = "REQUIRED"
            case forbidden = "FORBIDDEN"
        }

        /// Names of variables of the environment.
        package var required: [String] = []
        package var optional: [String] = []
        package var payload = Payload.optional

        package init() {}

        /// Without parameters there is no run.
        package var isNeeded: Bool { !required.isEmpty || payload == .required }
    }

    /// Indices of each of its runs.
    package var completions: Int { options.completions ?? 1 }
    package var triggerRule: TriggerRule { options.triggerRule ?? .allSuccess }
    package var concurrency: Concurrency { options.concurrency ?? (isConcurrent ? .allow : .queue) }
    package var catchUp: CatchUp { options.catchUp ?? .one }

    package var parents: [String] { if case .parents(let names) = trigger { names } else { [] } }
    package var isDependent: Bool { if case .parents = trigger { true } else { false } }
    /// The name of the zone in which its schedules are meant; empty: there is none, or it depends on other jobs.
    package var zone: String { if case .schedules(_, let zone) = trigger { zone } else { "" } }
}

/// A period of ISO 8601 that is as long everywhere: weeks and less, and a day has 24 hours.
package struct Length: Hashable, Sendable {
    /// As it was given.
    package let text: String
    package let milliseconds: Int64

    /// - Returns: nil if the text is no such period.
    package init?(_ text: String) {
        guard let length = (try? Period(text))?.standardMilliseconds else { return nil }
        self.text = text
        milliseconds = length
    }
}
