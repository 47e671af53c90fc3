import AgoraAPI
import Foundation
import Machine
import MasterCore
import MesosAPI
import SwiftProtobuf
import Testing

/// Frameworks and agents that do what they like, as their protocols allow it; the kernel's books are checked after each step.
private struct Crowd {
    var world = World {
        $0.completedTasksPerFramework = 5
        $0.completedFrameworks = 3
        $0.unreachableTasksPerFramework = 4
    }
    var dice: Dice
    var trace: [Kernel.Effect] = []
    var violations: [String] = []

    private var nextStream: UInt64 = 1
    private var nextLink: UInt64 = 1
    private var nextTask = 0
    /// Frameworks that have subscribed: their id, and their stream if they are connected.
    private var frameworks: [(id: String, stream: UInt64?)] = []
    private var agents: [(id: String, host: String, link: UInt64?)] = []
    /// What each agent runs: task, framework.
    private var running: [String: [(task: String, framework: String)]] = [:]
    private var offers: [String: (framework: String, agent: String)] = [:]

    init(_ seed: UInt64) { dice = Dice(seed) }

    mutating func live(_ steps: Int) {
        for _ in 0..<steps { step() }
    }

    private mutating func step() {
        switch dice.roll(12) {
        case 0: subscribe()
        case 1: agentComes()
        case 2: agentGoes()
        case 3:
            guard let index = frameworks.indices.filter({ frameworks[$0].stream != nil }).randomElement(&dice),
                let stream = frameworks[index].stream
            else { return }
            frameworks[index].stream = nil
            note(world.step(.streamEnded(stream)))
        case 4: note(world.pass(Double(dice.roll(12))))
        case 5, 6, 7: accept()
        case 8: update()
        case 9:
            guard let (id, stream) = connected() else { return }
            let offers = self.offers.filter { $0.value.framework == id }.keys.sorted()
            note(world.decline(offers.filter { _ in dice.chance(50) }, refuse: Double(dice.roll(20)), stream: stream, id))
        case 10:
            guard let (id, stream) = connected() else { return }
            let type: Mesos_V1_Scheduler_Call.TypeEnum = dice.pick([.revive, .suppress, .reconcile, .reconcile]) ?? .revive
            note(
                world.call(id, stream: stream) {
                    $0.type = type
                    if type == .reconcile { $0.reconcile = .init() }
                })
        default:
            guard dice.chance(10), let (id, stream) = connected() else { return }
            frameworks.removeAll { $0.id == id }
            note(world.call(id, stream: stream) { $0.type = .teardown })
        }
    }

    private mutating func connected() -> (id: String, stream: UInt64)? {
        let all = frameworks.compactMap { framework in framework.stream.map { (framework.id, $0) } }
        return dice.pick(all)
    }

    private mutating func subscribe() {
        let known = dice.chance(50) ? dice.pick(frameworks)?.id : nil
        guard known != nil || frameworks.count < 6 else { return }
        let stream = nextStream
        nextStream += 1
        let timeout = dice.chance(30) ? 0.0 : 30
        let isAware = dice.chance(50)
        let effects = world.subscribe(stream: stream, id: known) {
            $0.failoverTimeout = timeout
            if isAware { $0.add(.partitionAware) }
        }
        if case .subscribed(let id) = effects.events(to: stream).first {
            frameworks.removeAll { $0.id == id }
            frameworks.append((id, stream))
            offers = offers.filter { $0.value.framework != id }
        }
        note(effects)
    }

    private mutating func agentComes() {
        let link = nextLink
        nextLink += 1
        let away = agents.indices.filter { agents[$0].link == nil }
        if agents.count < 5, away.isEmpty || dice.chance(50) {
            let effects = world.agent(link: link, host: "host-\(agents.count)")
            guard case .subscribed(let id, _, _, _, _) = effects.orders.last else { return }
            agents.append((id, "host-\(agents.count)", link))
            note(effects)
        } else if let index = dice.pick(away) {
            agents[index].link = link
            let tasks = (running[agents[index].id] ?? []).filter { _ in !dice.chance(20) }
            running[agents[index].id] = tasks
            note(
                world.agent(link: link, host: agents[index].host, id: agents[index].id) { subscribe in
                    subscribe.tasks = tasks.map { task in
                        var message = Agora_V1_Task.running(task.task, framework: task.framework)
                        message.info = Self.info(task.task, agent: subscribe.agent.id.value)
                        return message
                    }
                })
        }
    }

    private static func info(_ task: String, agent: String) -> Data {
        (try? Mesos_V1_TaskInfo.task(task, cpus: 1, mem: 256) { $0.agentID.value = agent }.serializedData()) ?? Data()
    }

    private mutating func agentGoes() {
        guard let index = dice.pick(agents.indices.filter { agents[$0].link != nil }), let link = agents[index].link else { return }
        agents[index].link = nil
        note(world.step(.linkEnded(link: link, isSilent: dice.chance(50))))
    }

    private mutating func accept() {
        guard let (id, stream) = connected() else { return }
        let mine = offers.filter { $0.value.framework == id }.keys.sorted()
        guard let offer = dice.pick(mine), let agent = offers[offer]?.agent else { return }
        offers[offer] = nil
        let tasks = (0..<(1 + dice.roll(3))).map { _ in
            nextTask += 1
            return Mesos_V1_TaskInfo.task("t\(nextTask)", cpus: dice.chance(10) ? 99 : 1, mem: 256) { $0.agentID.value = agent }
        }
        note(world.launch(tasks, on: [offer], refuse: Double(dice.roll(8)), stream: stream, id))
    }

    private mutating func update() {
        guard let index = dice.pick(agents.indices.filter { agents[$0].link != nil }), let link = agents[index].link,
            let task = dice.pick(running[agents[index].id] ?? [])
        else { return }
        let state: Mesos_V1_TaskState = dice.pick([.taskRunning, .taskRunning, .taskFinished, .taskFailed]) ?? .taskRunning
        if state.isTerminal { running[agents[index].id]?.removeAll { $0 == task } }
        note(world.update(task.task, state, link: link, framework: task.framework))
        guard let stream = frameworks.first(where: { $0.id == task.framework })?.stream else { return }
        note(
            world.call(task.framework, stream: stream) {
                $0.type = .acknowledge
                $0.acknowledge.agentID.value = agents[index].id
                $0.acknowledge.taskID.value = task.task
                $0.acknowledge.uuid = Data(repeating: 1, count: 16)
            })
    }

    /// Takes in what the kernel has ordered, as those would to whom it is said.
    private mutating func note(_ effects: [Kernel.Effect]) {
        trace += effects
        for effect in effects {
            switch effect {
            case .send(_, .offers(let views)):
                for view in views {
                    if offers[view.id] != nil { violations.append("\(view.id) was offered twice") }
                    offers[view.id] = (view.frameworkID, view.agentID)
                }
            case .send(_, .rescind(let id)):
                if offers.removeValue(forKey: id) == nil { violations.append("\(id) was rescinded without having been offered") }
            case .order(let link, .launch(let framework, _, let info, _)):
                guard let agent = agents.first(where: { $0.link == link }), let spec = try? Mesos_V1_TaskInfo(serializedBytes: info) else { continue }
                running[agent.id, default: []].append((spec.taskID.value, framework))
            case .order(let link, .shutdownFramework(let framework)):
                guard let agent = agents.first(where: { $0.link == link }) else { continue }
                running[agent.id]?.removeAll { $0.framework == framework }
            default: break
            }
        }
    }
}

extension Array where Element == Int {
    fileprivate func randomElement(_ dice: inout Dice) -> Int? { dice.pick(self) }
}

struct KernelPropertyTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `whatever frameworks and agents do, the books add up and no offer is made twice`(seed: UInt64) {
        var crowd = Crowd(seed)
        crowd.live(500)
        #expect(crowd.violations == [])
        #expect(crowd.trace.count > 100, "something has happened")
    }

    @Test func `a seed gives the same effects each time`() {
        var (one, other, third) = (Crowd(5), Crowd(5), Crowd(6))
        one.live(300)
        other.live(300)
        third.live(300)
        #expect(one.trace == other.trace)
        #expect(one.trace != third.trace)
    }

    @Test(arguments: [3, 4] as [UInt64])
    func `what was recorded leads to the same state`(seed: UInt64) throws {
        var crowd = Crowd(seed)
        crowd.live(300)
        var replayed = Kernel()
        for (moment, input) in crowd.world.history {
            var writer = RecordingWriter()
            writer.put(input)
            var reader = RecordingReader(writer.bytes)
            _ = replayed.handle(try Kernel.Input(from: &reader), at: moment)
            #expect(reader.isAtEnd)
        }
        #expect(replayed.digest == crowd.world.kernel.digest)
        #expect(replayed.digest != Kernel().digest)
    }

    @Test func `a recording that is none is refused`() {
        for bytes in [[], [99], [2, 1], [6, 1, 1, 255]] as [[UInt8]] {
            var reader = RecordingReader(bytes)
            #expect(throws: RecordingError.self) { try Kernel.Input(from: &reader) }
        }
    }
}
