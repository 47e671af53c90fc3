package import AgoraAPI
package import Machine
internal import SwiftProtobuf

extension Agent {
    /// What has happened.
    package enum Input: Sendable {
        case started(Started)
        case woken
        case linkOpened(UInt64)
        case linkClosed(UInt64, reason: String)
        case master(UInt64, Agora_V1_MasterRecord)
        /// The launcher is there (for the first time, or again), and says what runs.
        case launcherReady(Abilities, [ContainerReport])
        case prepared(container: String, failure: String?)
        case launched(container: String, LaunchOutcome)
        case signalled(container: String)
        case exited(container: String, ContainerEnd)
        case probed(container: String, Probe.Kind, number: UInt64, Probe.Result)
        case pruned(container: String)
        /// The process is to end: leaving the tasks, or after they have ended.
        case stopping(killsTasks: Bool)
    }

    package struct Started: Sendable {
        package var rules: Rules
        /// Four random words.
        package var seed: [UInt64]
        package var bootID: String
        package var saved: Saved

        package init(rules: Rules, seed: [UInt64], bootID: String, saved: Saved) {
            (self.rules, self.seed, self.bootID, self.saved) = (rules, seed, bootID, saved)
        }
    }

    package enum LaunchOutcome: Sendable, Hashable {
        /// The program runs. `started`: nanoseconds since 1970.
        case started(pid: UInt32, started: Int64)
        /// It doesn't, and won't.
        case failed(String)
        /// The launcher went away before it answered; what it did is seen when it is back.
        case unknown
    }

    package struct ContainerReport: Sendable, Hashable {
        package let container: String
        /// nil: it runs.
        package let end: ContainerEnd?
        package let pid: UInt32
        /// Nanoseconds since 1970, 0: unknown.
        package let started: Int64

        package init(container: String, end: ContainerEnd?, pid: UInt32 = 0, started: Int64 = 0) {
            (self.container, self.end, self.pid, self.started) = (container, end, pid, started)
        }
    }
}

extension Agent.Input: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .started(let started): writer.put(0, started)
        case .woken: writer.put(1)
        case .linkOpened(let link):
            writer.put(2)
            writer.put(link)
        case .linkClosed(let link, let reason):
            writer.put(3)
            writer.put(link)
            writer.put(reason)
        case .master(let link, let record):
            writer.put(4)
            writer.put(link)
            writer.put(record.bytes)
        case .launcherReady(let abilities, let reports):
            writer.put(5)
            writer.put(abilities)
            writer.put(reports) { $0.put($1) }
        case .prepared(let container, let failure):
            writer.put(6, container)
            writer.put(failure)
        case .launched(let container, let outcome):
            writer.put(7, container)
            writer.put(outcome)
        case .signalled(let container): writer.put(8, container)
        case .exited(let container, let end):
            writer.put(9, container)
            writer.put(end)
        case .probed(let container, let kind, let number, let result):
            writer.put(10, container)
            writer.put(Int64(kind.rawValue))
            writer.put(number)
            writer.put(result)
        case .pruned(let container): writer.put(11, container)
        case .stopping(let killsTasks):
            writer.put(12)
            writer.put(killsTasks)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0: self = .started(try Agent.Started(from: &reader))
        case 1: self = .woken
        case 2: self = .linkOpened(try reader.uint64())
        case 3: self = .linkClosed(try reader.uint64(), reason: try reader.string())
        case 4:
            let link = try reader.uint64()
            let bytes = try reader.data()
            guard let record = try? Agora_V1_MasterRecord(serializedBytes: bytes) else { throw .invalid("record of a master") }
            self = .master(link, record)
        case 5:
            let abilities = try Abilities(from: &reader)
            self = .launcherReady(
                abilities, try reader.array { reader throws(RecordingError) in try Agent.ContainerReport(from: &reader) })
        case 6: self = .prepared(container: try reader.string(), failure: try reader.optionalString())
        case 7: self = .launched(container: try reader.string(), try Agent.LaunchOutcome(from: &reader))
        case 8: self = .signalled(container: try reader.string())
        case 9: self = .exited(container: try reader.string(), try ContainerEnd(from: &reader))
        case 10:
            let container = try reader.string()
            guard let kind = Probe.Kind(rawValue: UInt8(truncatingIfNeeded: try reader.int64())) else { throw .invalid("kind of a probe") }
            self = .probed(container: container, kind, number: try reader.uint64(), try Probe.Result(from: &reader))
        case 11: self = .pruned(container: try reader.string())
        case 12: self = .stopping(killsTasks: try reader.bool())
        default: throw .invalid("input of an agent")
        }
    }
}
