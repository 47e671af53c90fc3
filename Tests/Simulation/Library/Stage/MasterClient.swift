import Machine
import MesosAPI
import SwiftProtobuf

@testable import MasterCore

/// A framework's side of the scheduler API: subscribes, and subscribes again, hears events, and makes calls, as `Scheduling.SchedulerClient`
/// does, or as a client with a connection for each call, whose calls overtake one another and are sent again when in doubt.
final class MasterClient {
    enum Manner {
        /// All calls on one connection, in order.
        case ordered
        case scattered
    }

    let world: World
    let network: Network
    let place: Network.Place
    let peer: String
    let master: MasterHost
    let manner: Manner
    /// Runs something once the framework's process is awake, if it still lives.
    let heard: (@escaping () -> Void) -> Void
    /// What to subscribe with.
    var subscription: () -> Mesos_V1_Scheduler_Call = { .init() }
    var onEvent: (Mesos_V1_Scheduler_Event) -> Void = { _ in }
    var onDisconnected: () -> Void = {}
    /// Seen by the checkers: events that come, calls that go, and the end of a subscription.
    var hearing: [(Mesos_V1_Scheduler_Event) -> Void] = []
    var sending: [(Mesos_V1_Scheduler_Call) -> Void] = []
    var leaving: [() -> Void] = []

    private(set) var isSubscribed = false
    private var isRunning = false
    private var attempt = 0
    private var events: Pipe.End?
    private var calls: Pipe.End?
    private var streamID = ""
    private var pause = 100 * Int64.millisecond

    init(
        world: World, network: Network, place: Network.Place, peer: String, master: MasterHost, manner: Manner,
        heard: @escaping (@escaping () -> Void) -> Void
    ) {
        (self.world, self.network, self.place, self.peer) = (world, network, place, peer)
        (self.master, self.manner, self.heard) = (master, manner, heard)
    }

    var ends: [Pipe.End] { [events, calls].compactMap { $0 } }

    func start() {
        isRunning = true
        pause = 100 * .millisecond
        subscribe()
    }

    /// The process is gone.
    func stop(withMachine: Bool) {
        isRunning = false
        attempt += 1
        isSubscribed = false
        let ends = ends
        (events, calls) = (nil, nil)
        for body in leaving { body() }
        for end in ends { end.die(withMachine: withMachine) }
    }

    /// Ends the subscription and makes another one.
    func resubscribe() {
        guard isRunning else { return }
        lost()
    }

    /// Another instance of the framework takes over, while this one's connections are still there: what they bring is heard by nobody.
    func takeOver() {
        attempt += 1
        isSubscribed = false
        for end in ends {
            end.onMessage = nil
            end.onEnd = nil
        }
        (events, calls) = (nil, nil)
        for body in leaving { body() }
        onDisconnected()
        subscribe()
    }

    private func subscribe() {
        attempt += 1
        let attempt = attempt
        let masterPlace = master.computer.place
        let isBlocked = network.isBlocked(place, masterPlace) || network.isBlocked(masterPlace, place)
        world.after(isBlocked ? 8 * .second : network.latency() * 2) { [self] in
            heard { [self] in
                guard self.attempt == attempt, isRunning else { return }
                guard !isBlocked, master.isUp, !master.isFrozen else { return retry() }
                open(attempt)
            }
        }
    }

    private func open(_ attempt: Int) {
        guard let bytes: [UInt8] = try? subscription().serializedBytes() else { return world.fail("wire", "\(peer) makes a bad SUBSCRIBE") }
        let events = network.connect(place, master.computer.place)
        self.events = events.ends[0]
        events.ends[0].silence = 75 * .second
        events.ends[0].onMessage = { [self] bytes in heard { [self] in received(bytes, attempt) } }
        events.ends[0].onEnd = { [self] _ in heard { [self] in if self.attempt == attempt { lost() } } }
        events.ends[1].onMessage = { [self] bytes in
            guard let id = master.accept(subscription: bytes, end: events.ends[1], peer: peer) else { return events.ends[1].close() }
            streamID = id
        }
        events.ends[0].send(bytes)
        if manner == .ordered { openCalls(attempt) }
    }

    private func openCalls(_ attempt: Int) {
        let pipe = network.connect(place, master.computer.place)
        calls = pipe.ends[0]
        pipe.ends[0].onEnd = { [self] _ in heard { [self] in if self.attempt == attempt { lost() } } }
        pipe.ends[1].onMessage = { [self] bytes in
            let id = String(decoding: bytes.prefix(while: { $0 != 0 }), as: UTF8.self)
            arrived(Array(bytes.dropFirst(id.utf8.count + 1)), id, attempt)
        }
    }

    private func retry() {
        let wait = world.oneIn(2) ? pause : pause * 3 / 2
        pause = min(pause * 2, 10 * .second)
        let attempt = attempt
        world.after(wait) { [self] in heard { [self] in if self.attempt == attempt, isRunning { subscribe() } } }
    }

    /// The subscription is over, whoever ended it.
    private func lost() {
        let wasSubscribed = isSubscribed
        isSubscribed = false
        attempt += 1
        let ends = ends
        (events, calls) = (nil, nil)
        for end in ends { end.close() }
        if wasSubscribed {
            for body in leaving { body() }
            pause = 100 * .millisecond
            onDisconnected()
        }
        if isRunning { retry() }
    }

    private func received(_ bytes: [UInt8], _ attempt: Int) {
        guard self.attempt == attempt else { return }
        guard let event = try? Mesos_V1_Scheduler_Event(serializedBytes: bytes) else { return world.fail("wire", "\(peer) can't read an event") }
        if event.type == .subscribed { isSubscribed = true }
        for body in hearing { body(event) }
        onEvent(event)
    }

    // MARK: Calls

    /// Dropped while there is no subscription.
    func send(_ call: Mesos_V1_Scheduler_Call) {
        guard isSubscribed else { return }
        for body in sending { body(call) }
        if call.type == .kill { world.count(.kills) }
        for operation in call.accept.operations { for _ in operation.launch.taskInfos { world.count(.launches) } }
        guard let bytes: [UInt8] = try? call.serializedBytes() else { return world.fail("wire", "\(peer) makes a bad call") }
        world.note(peer, bytes: bytes, text: "calls \(call.type) \(Self.brief(call))")
        if manner == .ordered {
            calls?.send(Array(streamID.utf8) + [0] + bytes)
            return
        }
        let isSlow = world.oneIn(30)
        if isSlow { world.count(.overtaking) }
        sendAlone(bytes, after: isSlow ? world.draw(300 * .millisecond...5 * .second) : network.latency())
        // An ACCEPT that comes twice is refused the second time, and its tasks are reported dropped: no client may repeat one.
        if call.type != .accept, world.oneIn(15) {
            world.count(.duplicates)
            sendAlone(bytes, after: network.latency() + world.draw(0...2 * .second))
        }
    }

    private func sendAlone(_ bytes: [UInt8], after delay: Int64) {
        let (attempt, id) = (attempt, streamID)
        world.after(delay) { [self] in
            network.whenOpen(place, master.computer.place) { [self] in arrived(bytes, id, attempt) }
        }
    }

    private func arrived(_ bytes: [UInt8], _ id: String, _ attempt: Int) {
        if self.attempt != attempt { world.count(.lateCalls) }
        master.ask(bytes, streamID: id, peer: peer) { [self] answer in
            guard case .refused(let refusal) = answer else { return }
            switch refusal {
            case .notSubscribed, .frameworkUnknown, .streamIDWrong:
                world.after(network.latency()) { [self] in heard { [self] in if self.attempt == attempt { lost() } } }
            default: world.fail("wire", "a call of \(peer) is refused: \(refusal)")
            }
        }
    }

    static func brief(_ call: Mesos_V1_Scheduler_Call) -> String {
        switch call.type {
        case .accept: "\(call.accept.offerIds.map(\.value)) \(call.accept.operations.flatMap(\.launch.taskInfos).map(\.taskID.value))"
        case .decline: "\(call.decline.offerIds.map(\.value))"
        case .kill: call.kill.taskID.value
        case .acknowledge: call.acknowledge.taskID.value
        case .reconcile: "\(call.reconcile.tasks.count) tasks"
        default: ""
        }
    }
}
