import FrameworkCore
import JSON
import Machine
import MesosAPI

extension JobDefinition {
    /// What other faces than Chronos's have, beside `options`. What is nil was not given, and isn't shown.
    package struct Extras: Hashable, Sendable {
        /// In order, each name once. They are shown, and go with each task.
        package var labels: [Variable] = []
        /// What people are told of; nil: `Notice.Kind.standard`.
        package var notices: [Notice.Kind]?
        /// Milliseconds after its making in which the first task of a run must be launched; a run that isn't has failed.
        package var launchDelay: Int64?
        /// Milliseconds after its making in which a run is tried again; nil: for as long as it has attempts left.
        package var retryWindow: Int64?
        /// Milliseconds that a task that is killed has to end by itself.
        package var killGrace: Int64?
        /// What its schedule is called; nil: it has no name of its own.
        package var scheduleID: String?
        /// It wants no disk at all: 0 alone would be the default.
        package var hasNoDisk = false
        package var notifyOn: [Notice.Kind] { notices ?? Notice.Kind.standard }
    }
}

extension JobDefinition.Extras {
    private static let mostLabels = 1_000

    init(_ members: Members) throws(Rejection) {
        self.init()
        labels = try members.pairs("labels").map { JobDefinition.Variable(name: $0.name, value: $0.value) }
        if labels.count > Self.mostLabels { throw Rejection("labels: a job has at most \(Self.mostLabels)") }
        if let words = try members.texts("notifyOn") {
            var kinds: [Notice.Kind] = []
            for word in words {
                guard let kind = Notice.Kind(rawValue: word.uppercased()) else {
                    throw Rejection("notifyOn must be an array of " + Notice.Kind.allCases.map(\.rawValue).joined(separator: ", "))
                }
                if !kinds.contains(kind) { kinds.append(kind) }
            }
            notices = kinds
        }
        launchDelay = try Self.milliseconds(members, "maxLaunchDelaySeconds")
        retryWindow = try Self.milliseconds(members, "retryWindowSeconds")
        killGrace = try Self.milliseconds(members, "killGraceSeconds")
        scheduleID = try members.text("scheduleId")
        hasNoDisk = try members.flag("noDisk") ?? false
    }

    private static func milliseconds(_ members: Members, _ name: String) throws(Rejection) -> Int64? {
        guard let seconds = try members.number(name) else { return nil }
        guard seconds >= 0, let nanoseconds = Int64(secondsClamped: seconds) else { throw Rejection("\(name) must be a number from 0") }
        return nanoseconds / .millisecond
    }

    func write(into writer: inout JSONWriter) {
        if !labels.isEmpty {
            writer.key(verbatim: "labels")
            writer.beginObject()
            for label in labels {
                writer.key(label.name)
                writer.string(label.value)
            }
            writer.endObject()
        }
        if let notices { writer.elements("notifyOn", notices, isOmittedWhenEmpty: false) { $1.string($0.rawValue) } }
        let times: [(StaticString, Int64?)] = [
            ("maxLaunchDelaySeconds", launchDelay), ("retryWindowSeconds", retryWindow), ("killGraceSeconds", killGrace)
        ]
        for (name, milliseconds) in times { if let milliseconds { writer.member(name, Double(milliseconds) / 1000) } }
        writer.member("scheduleId", scheduleID)
        if hasNoDisk { writer.member("noDisk", true) }
    }

    /// What of it goes with a task.
    func apply(to info: inout Mesos_V1_TaskInfo) {
        if let killGrace { info.killPolicy.gracePeriod.nanoseconds = killGrace.saturatingMultiply(.millisecond) }
        if !labels.isEmpty {
            info.labels.labels = labels.map { label in
                var other = Mesos_V1_Label()
                other.key = label.name
                other.value = label.value
                return other
            }
        }
    }
}
