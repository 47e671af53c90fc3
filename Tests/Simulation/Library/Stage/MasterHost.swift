import Machine
import MesosAPI
import OrderedCollections
import SwiftProtobuf

@testable import MasterCore
@testable import MasterServer

/// The master's process: its core, the numbers of its connections, and the encoders of the real server.
final class MasterHost: Host<Kernel> {
    private struct Link {
        let end: Pipe.End
        let session: String
        var hasSubscribed = false
    }

    private var links: [UInt64: Link] = [:]
    private var streams: [UInt64: Pipe.End] = [:]
    private var questions: [UInt64: (Kernel.Answer) -> Void] = [:]
    private var nextNumber: UInt64 = 1
    private let encoder: EventEncoder
    /// Seen by the checkers.
    var ordering: [(AgentOrder) -> Void] = []
    var telling: [(UInt64, Event) -> Void] = []
    var asked: [(SchedulerCall) -> Void] = []

    override init(world: World, network: Network, computer: Computer, name: String, saboteur: Saboteur) {
        var info = Mesos_V1_MasterInfo()
        info.id = "M"
        info.ip = 0
        info.port = 5050
        info.hostname = "master"
        encoder = EventEncoder(masterInfo: (try? info.serializedBytes()) ?? [], heartbeatInterval: 15)
        super.init(world: world, network: network, computer: computer, name: name, saboteur: saboteur)
    }

    override func makeCore() -> Kernel { Kernel() }

    override func firstInput() -> Kernel.Input {
        let stored = StoredTable.all.flatMap { table in
            disk.rows(table).map { Kernel.StoredEntry(table: table, key: $0.key, value: $0.value) }
        }
        var settings = Kernel.Settings()
        // Little is kept, so that forgetting is played, too.
        settings.completedTasksPerFramework = 40
        return .started(Kernel.Start(masterID: "M\(life)", newClusterID: "C", settings: settings, stored: stored))
    }

    override func ended(withMachine: Bool) {
        let ends = links.keys.sorted().compactMap { links[$0]?.end } + streams.keys.sorted().compactMap { streams[$0] }
        links = [:]
        streams = [:]
        questions = [:]
        for end in ends { end.die(withMachine: withMachine) }
    }

    override func freezeChanged() {
        for number in links.keys.sorted() { links[number]?.end.isFrozen = isFrozen }
        for number in streams.keys.sorted() { streams[number]?.isFrozen = isFrozen }
    }

    // MARK: Who comes

    /// An agent has dialled.
    func accept(agent end: Pipe.End, address: String) {
        let number = takeNumber()
        links[number] = Link(end: end, session: "\(life)-\(number)")
        end.silence = core?.settings.agentSilence
        end.isFrozen = isFrozen
        end.onMessage = { [self] bytes in heard { [self] in received(bytes, number, address) } }
        end.onEnd = { [self] isSilent in
            heard { [self] in
                links[number] = nil
                post(.linkEnded(link: number, isSilent: isSilent || saboteur.takesHangUpForSilence))
            }
        }
    }

    private func takeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    private func received(_ bytes: [UInt8], _ number: UInt64, _ address: String) {
        guard let link = links[number] else { return }
        do {
            if !link.hasSubscribed {
                links[number]?.hasSubscribed = true
                let subscription = try AgentSubscription(bytes: bytes)
                return post(.agentSubscribed(link: number, subscription, Origin(peer: address)))
            }
            let (session, report) = try AgentReport.parse(bytes)
            guard session == link.session, let report else { return }
            if saboteur.acknowledgesForFramework, case .update(let update) = report.content {
                let order = AgentOrder.acknowledge(frameworkID: update.frameworkID, taskID: update.taskID, uuid: update.uuid)
                link.end.send(OrderEncoder.record(order, session: session))
            }
            post(.agentReported(link: number, report))
        } catch {
            world.fail("wire", "the master can't read an agent's record: \(error)")
        }
    }

    /// A framework subscribes: the answer is a stream of events.
    func accept(subscription bytes: [UInt8], end: Pipe.End, peer: String) -> String? {
        guard isUp, let call = try? SchedulerCall(bytes: bytes) else { return nil }
        let number = takeNumber()
        streams[number] = end
        end.isFrozen = isFrozen
        // An outbox that nobody reads for a minute ends its stream.
        end.silence = 60 * .second
        let streamID = "stream-\(life)-\(number)"
        end.onEnd = { [self] _ in
            heard { [self] in
                streams[number] = nil
                post(.streamEnded(number))
            }
        }
        heard { [self] in post(.subscribed(stream: number, streamID: streamID, call, Origin(peer: peer))) }
        return streamID
    }

    /// Any other call of a framework. `answer` is called once, or never if the master dies first.
    func ask(_ bytes: [UInt8], streamID: String, peer: String, _ answer: @escaping (Kernel.Answer) -> Void) {
        heard { [self] in
            guard let call = try? SchedulerCall(bytes: bytes) else { return world.fail("wire", "a framework's call can't be read") }
            for body in asked { body(call) }
            let number = takeNumber()
            questions[number] = answer
            post(.called(question: number, streamID: streamID, call, Origin(peer: peer)))
        }
    }

    /// A plant: the resources of the newest task are given back although it runs.
    private func freeTooEarly() {
        mutate { kernel in
            guard let task = kernel.tasks.handles.last(where: { kernel.tasks[$0].holdsResources && kernel.tasks[$0].state == .taskRunning }) else {
                return
            }
            kernel.release(task)
        }
    }

    // MARK: What the core orders

    override func perform(_ effect: Kernel.Effect) {
        switch effect {
        case .store, .wake: break
        case .answer(let question, let answer): questions.removeValue(forKey: question)?(answer)
        case .send(let stream, let event):
            for body in telling { body(stream, event) }
            if saboteur.freesTooEarly, world.oneIn(50), case .update = event { freeTooEarly() }
            streams[stream]?.send(encoder.protobuf(event))
        case .end(let stream): streams.removeValue(forKey: stream)?.close()
        case .order(let link, let order):
            for body in ordering { body(order) }
            if let line = links[link] { line.end.send(OrderEncoder.record(order, session: line.session)) }
        case .cut(let link): links.removeValue(forKey: link)?.end.close()
        case .observe, .observing: break
        case .log(let line):
            world.note(name, 6, text: "says: \(line.message) \(line.details.map { "\($0.name)=\($0.value)" }.joined(separator: " "))")
        }
    }
}
