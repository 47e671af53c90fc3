import Machine

/// Something bad that happens at a moment which the seed has chosen beforehand, so that a run can be repeated with fewer of them.
struct Fault: Hashable {
    enum Action: Hashable {
        /// Of the master (0), services (1), the foreign framework (2) or an agent; it is started again after a while.
        case crash(process: Int, down: Int64)
        /// The same, but not before something is being committed.
        case crashInCommit(process: Int, down: Int64)
        case crashAll(down: Int64)
        case crashLauncher(agent: Int)
        /// As soon as something is being launched.
        case crashLauncherInLaunch(agent: Int)
        case killMonitor(agent: Int)
        case reboot(agent: Int, down: Int64)
        case freeze(process: Int, length: Int64)
        /// Between an agent or framework and the master.
        case partition(place: Int, isOneWay: Bool, isInbound: Bool, length: Int64)
        case reset(draw: Int)
        case stepClock(place: Int, by: Int64)
        case takeOver
    }

    let time: Int64
    let action: Action

    /// What befalls a cluster of so many agents in `length` nanoseconds: 20 crashes or more, and some of everything else.
    static func plan(agents: Int, length: Int64, _ world: World) -> [Fault] {
        let processes = agents + 3
        // Each kind several times, and then as it comes; some minutes are quiet, so that there is something to lose.
        var actions: [Action] = []
        for process in [0, 0, 1, 1] + (0..<4).map({ _ in 3 + Int(world.draw(0...Int64(agents) - 1)) }) {
            actions.append(.crash(process: process, down: down(world)))
            actions.append(.crashInCommit(process: process, down: down(world)))
        }
        for _ in 0..<3 { actions.append(.crashInCommit(process: 1, down: down(world))) }
        for _ in 0..<2 { actions.append(.crash(process: 2, down: down(world))) }
        actions.append(.crashAll(down: down(world)))
        for _ in 0..<2 { actions.append(.crashLauncher(agent: Int(world.draw(0...Int64(agents) - 1)))) }
        for _ in 0..<2 { actions.append(.crashLauncherInLaunch(agent: Int(world.draw(0...Int64(agents) - 1)))) }
        for _ in 0..<3 { actions.append(.killMonitor(agent: Int(world.draw(0...Int64(agents) - 1)))) }
        actions.append(.reboot(agent: Int(world.draw(0...Int64(agents) - 1)), down: world.draw(2 * .second...40 * .second)))
        for _ in 0..<4 {
            actions.append(
                .freeze(process: Int(world.draw(0...Int64(processes) - 1)), length: world.draw(100 * .millisecond...20 * .second)))
        }
        for _ in 0..<6 {
            actions.append(
                .partition(
                    place: 1 + Int(world.draw(0...Int64(processes) - 2)), isOneWay: world.oneIn(2), isInbound: world.oneIn(2),
                    length: world.oneIn(3) ? world.draw(10 * .second...60 * .second) : world.draw(200 * .millisecond...8 * .second)))
        }
        for _ in 0..<8 { actions.append(.reset(draw: Int(world.draw(0...1_000)))) }
        for _ in 0..<3 {
            actions.append(.stepClock(place: Int(world.draw(0...Int64(processes) - 1)), by: world.draw(-3_600 * .second...3_600 * .second)))
        }
        for _ in 0..<2 { actions.append(.takeOver) }
        return actions.map { Fault(time: world.draw(5 * .second...length), action: $0) }
            .enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    private static func down(_ world: World) -> Int64 {
        world.oneIn(5) ? world.draw(5 * .second...45 * .second) : world.draw(50 * .millisecond...3 * .second)
    }

    var text: String {
        let seconds = Double(time / .millisecond) / 1000
        return "\(seconds) s: \(action)"
    }
}
