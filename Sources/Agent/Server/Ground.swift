import AgentCore
import Foundation
import Logging
import Machine
import MesosAPI
import Runtime
import Store
import SwiftProtobuf
import Synchronization

/// What an agent stands on: its locked folder, its store, and what the machine has.
final class Ground: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let store: SQLiteStore
    let facts: MachineFacts
    let instance: String
    /// The launcher's program.
    let launcher: String
    let hostname: String
    /// What masters and tasks are told.
    let ip: String
    let resources: [Mesos_V1_Resource]
    let attributes: [Mesos_V1_Attribute]
    let startTime: Double
    private let folder: WorkFolder
    private let saved: Mutex<Saved?>

    /// - Throws: one line that says what is wrong.
    init(_ settings: AgentSettings, logger: Logger) throws {
        guard settings.workFolder.hasPrefix("/") else {
            throw Failure(description: "the work folder '\(settings.workFolder)' is not an absolute path")
        }
        launcher = settings.launcher ?? LauncherProcess.beside()
        guard FileManager.default.isExecutableFile(atPath: launcher) else {
            throw Failure(description: "there is no launcher at \(launcher)")
        }
        folder = try WorkFolder(path: settings.workFolder)
        let path = settings.workFolder + "/state.db"
        store = try SQLiteStore(path: path)
        do {
            saved = Mutex(try Saved(rows: try Self.rows(store)))
        } catch let error as RecordingError {
            throw Failure(description: "\(path) holds what this version of Agora can't read: \(error)")
        }
        facts = MachineFacts(workFolder: settings.workFolder)
        hostname = settings.hostname ?? facts.hostname
        ip = settings.advertisedIP ?? Self.address(settings.ip, hostname)
        instance = try settings.instance.map(Self.checked) ?? Self.instance(for: settings.workFolder)
        resources = try AgentResources.total(settings, facts)
        attributes = try AgentResources.attributes(settings.attributes)
        startTime = Date().timeIntervalSince1970
    }

    private static func rows(_ store: SQLiteStore) throws -> [Saved.Row] {
        try Saved.tables.flatMap { table in
            try store.scan(table: table).map { Saved.Row(table: table, key: $0.key, value: $0.value) }
        }
    }

    /// An agent that listens everywhere is reached where its host's name leads.
    private static func address(_ ip: String, _ hostname: String) -> String {
        guard ip == "0.0.0.0" || ip == "::" else { return ip }
        return MachineFacts.address(of: hostname) ?? "127.0.0.1"
    }

    private static func checked(_ instance: String) throws -> String {
        let isFine =
            (1...64).contains(instance.utf8.count)
            && instance.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
        guard isFine else { throw Failure(description: "the instance '\(instance)' is not made of 1 to 64 letters, digits, '-' and '_'") }
        return instance
    }

    /// Lets another agent have the work folder, although requests that are still being answered may know this one.
    func unlock() { folder.unlock() }

    /// The same for the same folder, another one for each other.
    private static func instance(for folder: String) -> String {
        var digest = Digest()
        digest.combine(folder)
        return "agent-" + String(digest.value, radix: 16)
    }

    /// The core's first input, once. The port is known once we listen.
    func started(_ settings: AgentSettings, port: Int) throws -> Agent.Started {
        var info = Mesos_V1_AgentInfo()
        info.hostname = hostname
        info.port = Int32(port)
        info.resources = resources
        info.attributes = attributes
        var rules = Rules()
        rules.agentInfo = try info.serializedBytes()
        rules.version = Version.mesos
        rules.ip = ip
        rules.port = UInt32(port)
        rules.workFolder = settings.workFolder
        rules.switchesUser = settings.switchesUser
        rules.limitsCPU = settings.limitsCPU
        rules.processLimit = settings.processLimit
        rules.namespaces = settings.namespaces
        rules.environment = settings.environment.map { Rules.Variable(name: $0.name, value: $0.value) }
        rules.sandboxDelay = max(0, Int64(secondsClamped: settings.sandboxDelay) ?? rules.sandboxDelay)
        rules.shutdownGrace = max(0, Int64(secondsClamped: settings.shutdownGrace) ?? rules.shutdownGrace)
        var random = SystemRandomNumberGenerator()
        let saved = saved.withLock { saved in
            defer { saved = nil }
            return saved
        }
        return Agent.Started(rules: rules, seed: (0..<4).map { _ in random.next() }, bootID: facts.bootID, saved: saved ?? .none)
    }
}
