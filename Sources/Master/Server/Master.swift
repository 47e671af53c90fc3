import Logging
import Machine
import MasterCore
import Runtime
import Synchronization
import Transport

/// What the parts of a running master share: the loop around its core, and who is connected.
final class Master: Sendable {
    let settings: MasterSettings
    let logger: Logger
    let masterID: String
    let loop: Loop<Kernel>
    let streams: EventStreams
    let links: AgentLinks
    let observers: ObserverStreams
    let answers: Answers<Kernel.Answer>
    private let performer: Performer
    private let address: @Sendable () async throws -> HTTPService.Address

    init(
        settings: MasterSettings, masterID: String, loop: Loop<Kernel>, performer: Performer, logger: Logger,
        address: @escaping @Sendable () async throws -> HTTPService.Address
    ) {
        self.settings = settings
        self.masterID = masterID
        self.loop = loop
        self.performer = performer
        self.logger = logger
        self.address = address
        streams = performer.streams
        links = performer.links
        observers = performer.observers
        answers = performer.answers
    }

    /// Asks the core, and waits for the answer; nil if it has no time for it.
    func ask(_ input: @escaping @Sendable (UInt64) -> Kernel.Input) async -> Kernel.Answer? {
        await answers.ask(within: 30) { [loop] number in loop.post(input(number)) }
    }

    /// Hands in a fact that must not get lost, from a thread that must not wait.
    func report(_ input: Kernel.Input) {
        guard !loop.post(input) else { return }
        // The inbox is full: the fact waits beside it.
        Task { [loop] in _ = await loop.postWhenRoom(input) }
    }

    /// The state as it is now; nil while stopping.
    func snapshot() async -> Snapshot? { await loop.inspect { $0.snapshot } }

    /// How others reach this master. Known once it listens.
    func identity() async throws -> MasterIdentity {
        if let known = performer.identity { return known }
        let address = try await address()
        let ip = settings.advertisedIP ?? address.ip
        let identity = MasterIdentity(
            id: masterID, ip: ip, port: settings.advertisedPort ?? address.port, hostname: settings.hostname ?? ip)
        performer.setIdentity(identity, heartbeatInterval: Double(settings.kernel.heartbeatInterval) / 1_000_000_000)
        return identity
    }
}

/// How others name and reach a master.
/// Specified by Mesos 1.11 include/mesos/v1/mesos.proto (`MasterInfo`).
struct MasterIdentity: Hashable, Sendable {
    let id: String
    let ip: String
    let port: Int
    let hostname: String

    var pid: String { "master@\(ip.contains(":") ? "[\(ip)]" : ip):\(port)" }

    /// MasterInfo.
    var encoded: [UInt8] {
        var writer = WireWriter()
        writer.string(1, id)
        writer.varint(2, UInt64(number))
        writer.varint(3, port)
        writer.string(4, pid)
        writer.string(5, hostname)
        writer.string(6, Version.mesos)
        writer.message(7) {
            $0.string(1, hostname)
            $0.string(2, ip)
            $0.varint(3, port)
        }
        // AGENT_UPDATE.
        writer.message(9) { $0.varint(1, 1) }
        return writer.bytes
    }

    /// The four bytes of an IPv4 address as a little-endian number, as Mesos has it; 0 for IPv6.
    var number: UInt32 {
        let parts = ip.split(separator: ".").compactMap { UInt32($0) }
        guard parts.count == 4, parts.allSatisfy({ $0 < 256 }) else { return 0 }
        return parts[0] | parts[1] << 8 | parts[2] << 16 | parts[3] << 24
    }
}

/// Which versions this master says it has.
enum Version {
    /// Of the API: clients compare it, and some read nothing but digits and dots.
    static let mesos = "1.11.0"
    static let agora = "0.1.0"
}
