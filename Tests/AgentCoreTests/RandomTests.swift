import AgoraAPI
import Machine
import MesosAPI
import SwiftProtobuf
import Testing

@testable import AgentCore

/// A master, a launcher and a disk that do at random what they may do, around an agent that crashes now and then.
struct World {
    var rig = Rig()
    var random: SplitMix
    /// What the launcher's files say: nil while it runs.
    var containers: [String: ContainerEnd?] = [:]
    var started: Set<String> = []
    var isLauncherUp = false
    var pending: [Agent.Effect] = []
    /// What the framework knows of each task: its states in the order of their uuids' first arrival.
    var known: [String: [Mesos_V1_TaskState]] = [:]
    var seen: Set<[UInt8]> = []
    var unacknowledged: [Mesos_V1_TaskStatus] = []
    var nextTask = 0
    var trace = Digest()
    /// The master's opinion of what is open here.
    var open: Set<String> = []

    init(seed: UInt64) throws {
        random = SplitMix(seed: seed)
        try rig.start()
    }

    /// A few random events, then the effects that came of them in order.
    mutating func step() throws {
        rig.pass(Double(random.below(40)) / 10)
        switch random.below(20) {
        case 0..<5: give(.woken)
        case 5..<8: launch()
        case 8:
            if let task = pick(open.sorted()) {
                master {
                    $0.kill.frameworkID = Rig.framework; $0.kill.taskID = task
                }
            }
        case 9..<12: acknowledge()
        case 12: for (name, end) in containers.sorted(by: { $0.key < $1.key }) where end == nil && random.below(3) == 0 { finish(name) }
        case 13: if rig.agent.link.isUp { give(.linkClosed(rig.agent.link.number, reason: "cut")) }
        case 14: toggleLauncher()
        case 15: if random.below(3) == 0 { try crash() }
        default: deliver()
        }
        if random.below(2) == 0 { deliver() }
    }

    mutating func give(_ input: Agent.Input) {
        for effect in rig.input(input) {
            trace.combine(effect.word)
            pending.append(effect)
        }
    }

    mutating func launch() {
        nextTask += 1
        let id = "t\(nextTask)"
        let info = Rig.task(id) {
            switch nextTask % 4 {
            case 0: $0.maxCompletionTime.nanoseconds = 30 * .second
            case 1:
                $0.healthCheck = .with {
                    $0.type = .tcp; $0.tcp.port = 80; $0.delaySeconds = 1; $0.intervalSeconds = 2
                }
            case 2: $0.command.uris = [.with { $0.value = "http://a/b" }]
            default: break
            }
        }
        guard rig.agent.link.isUp else { return }
        open.insert(id)
        let framework = Rig.frameworkInfo([.partitionAware, .taskKillingState])
        master {
            $0.launch.frameworkID = Rig.framework
            $0.launch.frameworkInfo = .init(wire: framework.bytes)
            $0.launch.task = .init(wire: info.bytes)
        }
    }

    mutating func master(_ body: (inout Agora_V1_MasterRecord) -> Void) {
        guard rig.agent.link.isUp else { return }
        var record = Agora_V1_MasterRecord()
        record.session = "s\(rig.agent.link.number)"
        body(&record)
        give(.master(rig.agent.link.number, record))
    }

    mutating func acknowledge() {
        guard rig.agent.link.isUp, !unacknowledged.isEmpty else { return }
        let status = unacknowledged.remove(at: random.below(unacknowledged.count))
        master {
            $0.acknowledge.frameworkID = Rig.framework
            $0.acknowledge.taskID = status.taskID.value
            $0.acknowledge.uuid = status.uuid
        }
    }

    mutating func finish(_ container: String) {
        let end = [ContainerEnd(.exited(0)), ContainerEnd(.exited(1)), ContainerEnd(.signalled(9), isOutOfMemory: true), ContainerEnd(.lost)][
            random.below(4)]
        containers[container] = .some(end)
        if isLauncherUp { give(.exited(container: container, end)) }
    }

    mutating func toggleLauncher() {
        if isLauncherUp {
            isLauncherUp = false
        } else {
            isLauncherUp = true
            give(
                .launcherReady(
                    rig.abilities,
                    containers.sorted { $0.key < $1.key }.map { .init(container: $0.key, end: $0.value, pid: 5, started: rig.now.wall) }))
        }
    }

    /// The agent dies with all that it had not done yet, and begins anew; its containers don't notice.
    mutating func crash() throws {
        pending = []
        isLauncherUp = false
        try rig.start()
        toggleLauncher()
    }

    mutating func deliver() {
        let effects = pending
        pending = []
        for effect in effects { carryOut(effect) }
    }

    mutating func carryOut(_ effect: Agent.Effect) {
        switch effect {
        case .connect(let link):
            if random.below(3) == 0 { return give(.linkClosed(link, reason: "nothing listens")) }
            give(.linkOpened(link))
        case .send(let link, let record) where link == rig.agent.link.number: receive(record)
        case .prepare(let preparation): give(.prepared(container: preparation.container, failure: random.below(8) == 0 ? "no such file" : nil))
        case .launch(let launch): start(launch.containerID)
        case .signal(let container, _):
            if isLauncherUp { give(.signalled(container: container)) }
            if containers[container] == .some(nil), random.below(2) == 0 { finish(container) }
        case .destroy(let container): if isLauncherUp, containers[container] == .some(nil) { finish(container) }
        case .remove(let container): if isLauncherUp, containers[container] != .some(nil) { containers[container] = nil }
        case .probe(let probe):
            let result: Probe.Result = [.connected, .failed("no"), .timedOut, .unavailable][random.below(4)]
            give(.probed(container: probe.container, probe.kind, number: probe.number, result))
        case .prune(let container, _): give(.pruned(container: container))
        default: break
        }
    }

    mutating func start(_ container: String) {
        guard isLauncherUp else { return give(.launched(container: container, .unknown)) }
        guard containers[container] == nil else { return }
        #expect(rig.stored["tasks"]?[container] != nil, "what runs is stored")
        #expect(started.insert(container).inserted, "a container is started once")
        if random.below(6) == 0 {
            // The id is used up all the same.
            containers[container] = .some(ContainerEnd(.notLaunched("execve")))
            return give(.launched(container: container, .failed("execve")))
        }
        containers[container] = .some(nil)
        if random.below(10) != 0 { give(.launched(container: container, .started(pid: 5, started: rig.now.wall))) }
    }

    mutating func receive(_ record: Agora_V1_AgentRecord) {
        switch record.record {
        case .subscribe(let subscribe):
            let names = Set(subscribe.tasks.map(\.taskID))
            let unknown = open.subtracting(names).sorted().map { id in
                Agora_V1_TaskReference.with {
                    $0.frameworkID = Rig.framework; $0.taskID = id; $0.partitionAware = true
                }
            }
            var answer = Agora_V1_MasterRecord()
            answer.subscribed.session = "s\(rig.agent.link.number)"
            answer.subscribed.agentID = Rig.agentID
            answer.subscribed.clusterID = "c"
            answer.subscribed.epoch = 1
            answer.subscribed.protocol = 1
            answer.subscribed.silenceMs = 1
            answer.subscribed.unknownTasks = unknown
            give(.master(rig.agent.link.number, answer))
        case .update(let update):
            guard let status = try? Mesos_V1_TaskStatus(serializedBytes: update.status) else { return }
            unacknowledged.append(status)
            guard seen.insert(status.uuid.wireBytes).inserted else { return }
            let states = known[status.taskID.value] ?? []
            #expect(states.last.map { !$0.isTerminal } ?? true, "nothing follows a terminal state: \(status.taskID.value) \(states) \(status.state)")
            known[status.taskID.value] = states + [status.state]
            if status.state.isTerminal { open.remove(status.taskID.value) }
        default: break
        }
    }

    /// Everything works from here on: all tasks are killed, and all that was ever launched must end and be told.
    mutating func heal() {
        if !isLauncherUp { toggleLauncher() }
        for _ in 0..<3_000 {
            deliver()
            rig.pass(3)
            give(.woken)
            deliver()
            for task in open.sorted() {
                master {
                    $0.kill.frameworkID = Rig.framework; $0.kill.taskID = task
                }
            }
            for (name, end) in containers.sorted(by: { $0.key < $1.key }) where end == nil { finish(name) }
            while !unacknowledged.isEmpty, rig.agent.link.isUp { acknowledge() }
            // An answer that was lost with an earlier launcher shows in the next one's list.
            toggleLauncher()
            toggleLauncher()
            if open.isEmpty, rig.agent.tasks.isEmpty, pending.isEmpty { break }
        }
    }

    func pick(_ names: [String]) -> String? {
        var random = random
        return names.isEmpty ? nil : names[random.below(names.count)]
    }
}

struct RandomTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `random: each task that a master has launched ends once, whatever fails, and nothing stays behind`(seed: UInt64) throws {
        var world = try World(seed: seed)
        for _ in 0..<400 { try world.step() }
        world.heal()
        #expect(world.open.isEmpty)
        #expect(world.rig.agent.tasks.isEmpty)
        #expect(world.containers.isEmpty)
        #expect(world.rig.stored["tasks"] ?? [:] == [:] && world.rig.stored["streams"] ?? [:] == [:] && world.rig.stored["frameworks"] ?? [:] == [:])
        #expect(world.known.count > 10)
    }

    @Test func `random: the same seed gives the same effects and the same state`() throws {
        func digests(_ seed: UInt64) throws -> [UInt64] {
            var world = try World(seed: seed)
            for _ in 0..<400 { try world.step() }
            return [world.trace.value, world.rig.agent.digest]
        }
        #expect(try digests(7) == digests(7))
        #expect(try digests(7) != digests(8))
    }

    @Test func `recording: each input comes back as it was`() throws {
        var record = Agora_V1_MasterRecord()
        record.kill.frameworkID = "f"
        record.kill.taskID = "t"
        let inputs: [Agent.Input] = [
            .started(
                Agent.Started(
                    rules: Rules(), seed: [1, 2, 3, .max], bootID: "b", saved: try Saved(rows: [.init(table: "agent", key: "id", value: [1, 65])]))),
            .woken, .linkOpened(3), .linkClosed(4, reason: "why"), .master(5, record),
            .launcherReady(
                Abilities(), [.init(container: "c", end: nil, pid: 1, started: 2), .init(container: "d", end: ContainerEnd(.notLaunched("x")))]),
            .prepared(container: "c", failure: "no"), .prepared(container: "c", failure: nil),
            .launched(container: "c", .started(pid: 7, started: 8)),
            .launched(container: "c", .failed("no")), .launched(container: "c", .unknown), .signalled(container: "c"),
            .exited(container: "c", ContainerEnd(.signalled(9), isOutOfMemory: true, memoryPeak: 5)),
            .probed(container: "c", .check, number: 6, .answered(status: 200)), .probed(container: "c", .health, number: 6, .failed("no")),
            .pruned(container: "c"), .stopping(killsTasks: true)
        ]
        for input in inputs {
            var writer = RecordingWriter()
            writer.put(input)
            var reader = RecordingReader(writer.bytes)
            let again = try Agent.Input(from: &reader)
            #expect(reader.isAtEnd && "\(again)" == "\(input)")
            for length in 0..<writer.bytes.count {
                var short = RecordingReader(writer.bytes[..<length])
                #expect(throws: RecordingError.self) { _ = try Agent.Input(from: &short) }
            }
        }
    }
}
