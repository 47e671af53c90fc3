import FrameworkCore
import Machine
import MesosAPI

@testable import BatchCore

/// Chronos's own endurance test: an hourly, a daily and a weekly job that take a minute, and one that depends on the hourly one. In seven days exactly
/// 168, 7, 1 and 168 of their tasks end well.
public struct WeekRun: Sendable {
    public struct Outcome: Sendable {
        public let seed: UInt64
        public let trace: UInt64
        public let violation: Violation?
        /// Tasks that ended well, of the hourly, the daily, the weekly and the dependent job.
        public let finished: [Int]
        /// How often what happened.
        public let counts: [String: Int]
    }

    public let seed: UInt64
    /// Nothing fails.
    public let isCalm: Bool
    public let plant: YearPlant?
    public var onLine: (@Sendable (String) -> Void)?

    public init(seed: UInt64, isCalm: Bool, plant: YearPlant? = nil) {
        (self.seed, self.isCalm, self.plant) = (seed, isCalm, plant)
    }

    public static let expected = [168, 7, 1, 168]

    public func play() -> Outcome {
        let world = World(seed: seed)
        world.onLine = onLine
        let play = WeekPlay(world, isCalm: isCalm, plant: plant)
        play.begin()
        world.run(until: play.end)
        let finished = play.judge()
        return Outcome(seed: seed, trace: world.trace, violation: world.violation, finished: finished, counts: play.counts)
    }
}

private final class WeekPlay {
    private static let hour = 3_600 * Int64.second
    private static let names = ["hourly", "daily", "weekly", "dependent"]

    /// The world's time half an hour after the week's last due time: what that has begun is over, and the next week has not begun.
    let end: Int64
    private let world: World
    private let isCalm: Bool
    private let computer: Computer
    private let master: ModelMaster
    private let batch: BatchHost
    /// In milliseconds since 1970: when the first due time is, on the hour.
    private let start: Int64
    /// The same in the world's time.
    private let firstDue: Int64
    private var finished: [String: [Int64]] = [:]
    private var started: Set<String> = []
    private var crashes = 0

    init(_ world: World, isCalm: Bool, plant: YearPlant?) {
        (self.world, self.isCalm) = (world, isCalm)
        computer = Computer(world: world, name: "batch", place: 1)
        master = ModelMaster(world: world, nodes: 3)
        batch = BatchHost(world: world, network: Network(world: world), computer: computer, master: master, zones: [], plant: plant)
        master.neverRepeats = plant == .neverRepeats
        if !isCalm { master.lossOfUpdates = 10 }
        let now = computer.moment.wall / .millisecond
        start = (now / 3_600_000 + 2) * 3_600_000
        firstDue = (start - now) * .millisecond
        end = firstDue + 7 * 24 * Self.hour - Self.hour / 2
        master.fate = { _ in (60 * .second, .taskFinished) }
        master.onStart = { [self] task, _ in begun(task) }
        master.onEnd = { [self] task, _, state in
            if state == .taskFinished, let name = TaskName(task) { finished[name.job, default: []].append(name.due) }
        }
    }

    var counts: [String: Int] { master.counts.merging(["ends of the scheduler": crashes]) { $0 + $1 } }

    private var wall: Int64 { computer.moment.wall / .millisecond }

    // MARK: The play

    func begin() {
        batch.stepping.append { [unowned self] in batch.core?.checkInvariants() }
        if !isCalm { batch.onCrash = { [unowned self] in returns(after: world.draw(1 * .second...60 * .second)) } }
        batch.start()
        create(0)
        if isCalm { return }
        repeatedly(every: 6 * Self.hour) { [self] in
            guard batch.isUp else { return }
            batch.crash()
            returns(after: world.draw(500 * .millisecond...300 * .second))
        }
        repeatedly(every: 6 * Self.hour) { [self] in batch.crashInNextCommit = { [self] in returns(after: world.draw(1 * .second...60 * .second)) } }
        repeatedly(every: 4 * Self.hour) { [self] in batch.reconnect(after: world.draw(10 * .millisecond...5 * .second)) }
        repeatedly(every: 12 * Self.hour) { [self] in
            master.fail(for: world.draw(1 * .second...60 * .second))
            batch.reconnect(after: world.draw(10 * .millisecond...2 * .second))
        }
        repeatedly(every: 3 * Self.hour) { [self] in master.cut(world.pick(master.nodes), for: world.draw(200 * .millisecond...600 * .second)) }
        repeatedly(every: 12 * Self.hour) { [self] in master.powerOff(world.pick(master.nodes), for: world.draw(2 * .second...300 * .second)) }
    }

    /// Until an hour before the end: what the last due times have begun must be able to end.
    private func repeatedly(every distance: Int64, _ body: @escaping () -> Void) {
        world.after(world.draw(distance / 8...distance * 15 / 8)) { [self] in
            guard world.now < end - 2 * Self.hour else { return }
            body()
            repeatedly(every: distance, body)
        }
    }

    private func returns(after length: Int64) {
        crashes += 1
        world.after(length) { [self] in batch.start() }
    }

    private func create(_ index: Int) {
        guard index < Self.names.count else { return }
        let periods = ["PT1H", "P1D", "P1W"]
        // A retry follows at once: an hour later the next run is due.
        let usual = #""name":"\#(Self.names[index])","command":"sleep 60","retries":100,"retryDelaySeconds":1"#
        let trigger =
            index < periods.count
            ? #""schedule":"R/\#(Timestamp(milliseconds: start))/\#(periods[index])","catchUp":"ALL""# : #""parents":["hourly"]"#
        let body: JobBody
        do { body = try JobBody(json: Array("{\(usual),\(trigger)}".utf8)) } catch {
            preconditionFailure("the simulation makes a bad body: \(error)")
        }
        var isDone = false
        batch.ask(.put(body, index < periods.count ? .scheduled : .dependent, .three, zone: nil)) { [self] answer in
            guard answer == .done else { return world.fail("created", "\(Self.names[index]) is refused: \(answer)") }
            isDone = true
            create(index + 1)
        }
        // The first answer may be lost in a crash; a job may be created twice.
        world.after(30 * .second) { [self] in if !isDone { create(index) } }
    }

    // MARK: The checks

    private func begun(_ task: String) {
        guard let name = TaskName(task) else { return world.fail("named", "\(task) is no task of a job") }
        if !started.insert(task).inserted { world.fail("one-start", "\(task) is started a second time") }
        // What a launch takes in the model, with a slow message on the way.
        if isCalm, name.job != "dependent", !(name.due...name.due + 5_000).contains(wall) {
            world.fail("in-time", "\(task) starts at \(wall), not at its due time")
        }
    }

    func judge() -> [Int] {
        let result = Self.names.map { finished[$0]?.count ?? 0 }
        guard world.violation == nil else { return result }
        if result != WeekRun.expected { world.fail("counts", "\(result) tasks have ended well, not \(WeekRun.expected)") }
        for (name, hours) in [("hourly", 1), ("daily", 24), ("weekly", 168)] as [(String, Int64)] {
            let dues = (0..<168 / hours).map { start + $0 * hours * 3_600_000 }
            if finished[name]?.sorted() != dues { world.fail("due", "\(name) has run for \(finished[name]?.sorted() ?? []), not for \(dues)") }
        }
        return result
    }
}
