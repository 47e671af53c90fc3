import Machine

/// The machines' network: connections that deliver in order or break, and paths that can be blocked in one direction or both.
///
/// It knows what a process sees of TCP: bytes come late, in order, or the connection ends; the end of a process is heard at once, that of a
/// machine or of a path only by silence. Heartbeats are not played one by one: an end that expects to hear something each few seconds ends as
/// silent when its peer has been cut off, stopped or switched off for so long.
final class Network {
    /// A machine's place in the network.
    typealias Place = Int

    private struct Path: Hashable {
        let from: Place
        let to: Place
    }

    let world: World
    /// How many partitions block a path now, and since when it is blocked without a break.
    private var blocks: [Path: Int] = [:]
    private var waiting: [Path: [() -> Void]] = [:]
    private(set) var pipes: [Pipe] = []

    init(world: World) { self.world = world }

    func isBlocked(_ from: Place, _ to: Place) -> Bool { blocks[Path(from: from, to: to)] ?? 0 > 0 }

    /// Mostly under a millisecond, sometimes a tenth of a second or more.
    func latency() -> Int64 {
        switch world.draw(0...199) {
        case 0: world.draw(100 * .millisecond...1_500 * .millisecond)
        case 1...4: world.draw(10 * .millisecond...100 * .millisecond)
        default: world.draw(50_000...2 * .millisecond)
        }
    }

    func block(_ from: Place, _ to: Place) {
        let path = Path(from: from, to: to)
        blocks[path, default: 0] += 1
        guard blocks[path] == 1 else { return }
        for pipe in pipes { pipe.pathBlocked(from, to) }
    }

    func unblock(_ from: Place, _ to: Place) {
        let path = Path(from: from, to: to)
        guard let count = blocks[path], count > 0 else { return }
        blocks[path] = count - 1
        guard count == 1 else { return }
        let held = waiting.removeValue(forKey: path) ?? []
        // TCP tries again after a while.
        for body in held { world.after(world.draw(10 * .millisecond...900 * .millisecond), body) }
        for pipe in pipes { pipe.pathUnblocked(from, to) }
    }

    /// Once the path is open: at once, or after it was unblocked.
    func whenOpen(_ from: Place, _ to: Place, _ body: @escaping () -> Void) {
        if isBlocked(from, to) { waiting[Path(from: from, to: to), default: []].append(body) } else { body() }
    }

    func connect(_ from: Place, _ to: Place) -> Pipe {
        let pipe = Pipe(network: self, places: (from, to))
        pipes.append(pipe)
        return pipe
    }

    func forget(_ pipe: Pipe) { pipes.removeAll { $0 === pipe } }
}

/// One connection.
final class Pipe {
    final class End {
        private weak var pipe: Pipe?
        let place: Network.Place
        fileprivate let index: Int
        /// Bytes have come, a message at a time.
        var onMessage: (([UInt8]) -> Void)?
        /// The connection is over: because nothing was heard for too long, or otherwise.
        var onEnd: ((_ isSilent: Bool) -> Void)?
        /// Nanoseconds without a sign of life after which this end gives up; nil: it waits for ever.
        var silence: Int64?
        fileprivate(set) var isOpen = true
        /// The process at this end is stopped: it says nothing, and hears later.
        var isFrozen = false { didSet { pipe?.freezeChanged(self) } }

        fileprivate init(_ pipe: Pipe, _ place: Network.Place, _ index: Int) { (self.pipe, self.place, self.index) = (pipe, place, index) }

        func send(_ message: [UInt8]) { pipe?.send(message, from: self) }

        /// Ends the connection after what has been sent. This end hears nothing more.
        func close() { pipe?.close(self) }

        /// The process has died: its system says so to the peer, unless the machine has died with it.
        func die(withMachine: Bool) { pipe?.die(self, withMachine: withMachine) }
    }

    private let network: Network
    private(set) var ends: [End] = []
    /// When the last message of each direction arrives.
    private var lastArrival: [Int64] = [0, 0]
    /// What arrived at a blocked path, in order.
    private var held: [[() -> Void]] = [[], []]
    /// Since when each end has heard nothing, counted in times of being cut off; a changed number ends a wait.
    private var silences = [0, 0]
    private var isSilenced = [false, false]

    fileprivate init(network: Network, places: (Network.Place, Network.Place)) {
        self.network = network
        ends = [End(self, places.0, 0), End(self, places.1, 1)]
    }

    private func other(_ end: End) -> End { ends[1 - end.index] }

    private func send(_ message: [UInt8], from end: End) {
        guard end.isOpen else { return }
        let to = other(end)
        deliver(from: end) { [self] in
            guard to.isOpen else { return network.world.count(.lostMessages) }
            to.onMessage?(message)
        }
    }

    /// Carries something to the other end, behind what is under way already.
    private func deliver(from end: End, _ body: @escaping () -> Void) {
        let world = network.world
        let arrival = max(lastArrival[end.index] + 1, world.now + network.latency())
        lastArrival[end.index] = arrival
        world.after(arrival - world.now) { [self] in
            let to = other(end)
            if network.isBlocked(end.place, to.place) || !held[end.index].isEmpty { held[end.index].append(body) } else { body() }
        }
    }

    private func close(_ end: End) {
        guard end.isOpen else { return }
        end.isOpen = false
        (end.onMessage, end.onEnd) = (nil, nil)
        let to = other(end)
        deliver(from: end) { [self] in hangUp(to, isSilent: false) }
        tidy()
    }

    private func die(_ end: End, withMachine: Bool) {
        guard end.isOpen else { return }
        if !withMachine { return close(end) }
        end.isOpen = false
        (end.onMessage, end.onEnd) = (nil, nil)
        let to = other(end)
        // Nothing comes from there any more; what sends to it hears so once the machine is back.
        startSilence(to)
        network.world.after(network.world.draw(20 * .second...60 * .second)) { [self] in hangUp(to, isSilent: false) }
    }

    private func hangUp(_ end: End, isSilent: Bool) {
        guard end.isOpen else { return }
        end.isOpen = false
        let onEnd = end.onEnd
        (end.onMessage, end.onEnd) = (nil, nil)
        onEnd?(isSilent)
        tidy()
    }

    /// Both ends hear that the connection is gone, each in its own time; what was under way is lost.
    func reset() {
        network.world.count(.resets)
        for end in ends where end.isOpen {
            let delay = network.world.oneIn(4) ? network.world.draw(0...3 * .second) : network.latency()
            network.world.after(delay) { [self] in hangUp(end, isSilent: false) }
        }
    }

    private func tidy() {
        if ends.allSatisfy({ !$0.isOpen }) { network.forget(self) }
    }

    // MARK: Silence

    fileprivate func pathBlocked(_ from: Network.Place, _ to: Network.Place) {
        for end in ends where end.place == to && other(end).place == from { startSilence(end) }
    }

    fileprivate func pathUnblocked(_ from: Network.Place, _ to: Network.Place) {
        for end in ends where end.place == to && other(end).place == from {
            if !other(end).isFrozen, other(end).isOpen { stopSilence(end) }
            let bodies = held[other(end).index]
            guard !bodies.isEmpty else { continue }
            network.world.after(network.world.draw(10 * .millisecond...900 * .millisecond)) { [self] in
                guard !network.isBlocked(from, to) else { return }
                let bodies = held[other(end).index]
                held[other(end).index] = []
                for body in bodies { body() }
            }
        }
    }

    fileprivate func freezeChanged(_ end: End) {
        let to = other(end)
        if end.isFrozen { startSilence(to) } else if !network.isBlocked(end.place, to.place) { stopSilence(to) }
    }

    private func startSilence(_ end: End) {
        guard !isSilenced[end.index] else { return }
        isSilenced[end.index] = true
        silences[end.index] += 1
        let number = silences[end.index]
        guard let limit = end.silence else { return }
        // The last sign of life came up to a second ago.
        network.world.after(limit - network.world.draw(0...900 * .millisecond)) { [self] in
            guard isSilenced[end.index], silences[end.index] == number, end.isOpen, !end.isFrozen else { return }
            let to = other(end)
            hangUp(end, isSilent: true)
            deliver(from: end) { [self] in hangUp(to, isSilent: false) }
        }
    }

    private func stopSilence(_ end: End) { isSilenced[end.index] = false }
}
