import FrameworkCore
import Glibc
import Machine
import MesosAPI
import Schedules

@testable import BatchCore

/// Mistakes that a year can be given, to see that it finds them.
public enum YearPlant: String, CaseIterable, Sendable {
    /// What a batch of inputs orders leaves the process before its changes are on disk.
    case releasesBeforeStore = "releases-before-store"
    /// Runs are not kept.
    case keepsNoRuns = "keeps-no-runs"
    /// What becomes of the indices of a run isn't kept.
    case keepsNoParts = "keeps-no-parts"
    /// How far jobs have come isn't kept, but for what it was when they were created.
    case keepsNoProgress = "keeps-no-progress"
    /// The master is never asked what became of tasks.
    case neverAsks = "never-asks"
    /// The master takes repeated updates for acknowledged ones.
    case neverRepeats = "never-repeats"
}

/// A year in the life of the batch scheduler, from a seed: jobs of all kinds, while processes, masters, lines and nodes fail again and again.
public struct YearRun: Sendable {
    public struct Outcome: Sendable {
        public let seed: UInt64
        public let trace: UInt64
        public let violation: Violation?
        /// Due times; of them, those that shared the run of a later one, and those that were left out as too late.
        public let dues: Int
        public let shared: Int
        public let leftOut: Int
        /// How often what happened.
        public let counts: [String: Int]
    }

    public let seed: UInt64
    public let days: Int64
    public let jobs: Int
    public let plant: YearPlant?
    public var onLine: (@Sendable (String) -> Void)?

    public init(seed: UInt64, days: Int, jobs: Int, plant: YearPlant? = nil) {
        self.seed = seed
        self.plant = plant
        self.days = Int64(max(days, 4))
        self.jobs = max(jobs, 1)
    }

    public func play() -> Outcome {
        let world = World(seed: seed)
        world.onLine = onLine
        let play = YearPlay(world, days: days, jobs: jobs, plant: plant)
        play.begin()
        let end = days * 86_400 * .second
        world.run(until: end)
        let judged = play.judge(upTo: end - 86_400 * .second)
        return Outcome(
            seed: seed, trace: world.trace, violation: world.violation, dues: judged.dues, shared: judged.shared, leftOut: judged.leftOut,
            counts: play.counts)
    }
}

/// The parts of one such life.
private final class YearPlay {
    private static let day = 86_400 * Int64.second
    private static let zoneNames = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "Asia/Tokyo"]

    let world: World
    private let computer: Computer
    private let master: ModelMaster
    private let batch: BatchHost
    private let jobs: [YearJob]
    private let checker: DueOnce
    private let rules: TriggerRules
    private let zones: [String: Batch.ZoneData]
    private let lastFault: Int64
    private var created: [String: Int64] = [:]
    private var crashes = 0
    private var steps = 0

    init(_ world: World, days: Int64, jobs count: Int, plant: YearPlant?) {
        self.world = world
        computer = Computer(world: world, name: "batch", place: 1)
        master = ModelMaster(world: world, nodes: 6)
        var zones: [String: Batch.ZoneData] = [:]
        var read: [String: Zone] = [:]
        for name in Self.zoneNames {
            let file = Self.file("/usr/share/zoneinfo/" + name)
            zones[name] = Batch.ZoneData(name: name, file: file)
            do throws(ScheduleError) { read[name] = try Zone(name: name, file: file) } catch { preconditionFailure("\(name): \(error)") }
        }
        self.zones = zones
        let epoch = computer.moment.wall / .millisecond
        jobs = YearJob.draw(count, start: epoch, zones: read, world)
        batch = BatchHost(
            world: world, network: Network(world: world), computer: computer, master: master, zones: Self.zoneNames.compactMap { zones[$0] },
            plant: plant)
        master.neverRepeats = plant == .neverRepeats
        checker = DueOnce(world, jobs, master, epoch: epoch)
        rules = TriggerRules(world, jobs, master)
        lastFault = (days - 2) * Self.day
        let byName = Dictionary(uniqueKeysWithValues: jobs.map { ($0.name, $0) })
        master.fate = { [world] task in
            guard let job = TaskName(task).flatMap({ byName[$0.job] }) else { return (1 * .second, .taskFinished) }
            return (world.draw(job.length), world.oneIn(job.failures) ? .taskFailed : .taskFinished)
        }
    }

    private static func file(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { preconditionFailure("\(path) can't be read: the package tzdata is missing") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
    }

    var counts: [String: Int] {
        master.counts.merging(checker.counts) { $0 + $1 }
            .merging(["ends of the scheduler": crashes, "steps of its core": steps, "runs after parents": rules.runs]) { $0 + $1 }
    }

    // MARK: The play

    func begin() {
        batch.stepping.append { [unowned self] in
            steps += 1
            if steps % 5_000 == 0 { batch.core?.checkInvariants() }
        }
        batch.onCrash = { [unowned self] in ended(for: world.draw(1 * .second...60 * .second)) }
        batch.start()
        for (index, job) in jobs.enumerated() { world.after(2 * .second + Int64(index) * 20 * .millisecond) { [self] in create(job) } }
        // Each at its own mean distance, from the third hour on, until two days before the end.
        repeatedly(every: Self.day / 2) { [self] in crash() }
        repeatedly(every: Self.day) { [self] in
            batch.crashInNextCommit = { [self] in ended(for: world.draw(1 * .second...600 * .second)) }
        }
        repeatedly(every: Self.day / 2) { [self] in batch.reconnect(after: world.draw(10 * .millisecond...5 * .second)) }
        repeatedly(every: 3 * Self.day) { [self] in
            master.fail(for: world.draw(1 * .second...60 * .second))
            batch.reconnect(after: world.draw(10 * .millisecond...2 * .second))
        }
        repeatedly(every: Self.day / 2) { [self] in
            master.cut(
                node(), for: world.oneIn(10) ? world.draw(600 * .second...12 * 3_600 * .second) : world.draw(200 * .millisecond...600 * .second))
        }
        repeatedly(every: 2 * Self.day) { [self] in
            master.powerOff(node(), for: world.oneIn(15) ? 86_400 * .second : world.draw(2 * .second...1_800 * .second))
        }
        repeatedly(every: Self.day) { [self] in
            let node = node()
            node.isSlow = true
            world.after(world.draw(60 * .second...3_600 * .second)) { node.isSlow = false }
        }
    }

    private func node() -> ModelNode { world.pick(master.nodes.filter { !$0.isRetired }) }

    private func repeatedly(every distance: Int64, _ body: @escaping () -> Void) {
        world.after(world.draw(distance / 8...distance * 15 / 8)) { [self] in
            guard world.now < lastFault else { return }
            body()
            repeatedly(every: distance, body)
        }
    }

    private func crash() {
        guard batch.isUp else { return }
        batch.crash()
        ended(for: world.oneIn(20) ? world.draw(600 * .second...4 * 3_600 * .second) : world.draw(500 * .millisecond...120 * .second))
    }

    private func ended(for length: Int64) {
        crashes += 1
        let start = world.now
        world.after(length) { [self] in
            batch.start()
            checker.absences.append(start...world.now + 1 * .second)
        }
    }

    /// Until it is known to be stored.
    private func create(_ job: YearJob) {
        guard created[job.name] == nil else { return }
        let body: JobBody
        do { body = try JobBody(json: Array(job.json.utf8)) } catch { preconditionFailure("the simulation makes a bad body: \(error)") }
        var kind = Batch.Kind.scheduled
        if case .after(let parents, _) = job.promise {
            kind = .dependent
            guard parents.allSatisfy({ created[$0] != nil }) else { return world.after(1 * .second) { [self] in create(job) } }
        }
        batch.ask(.put(body, kind, .three, zone: job.zone.flatMap { zones[$0] })) { [self] answer in
            guard answer == .done else { return world.fail("created", "\(job.name) is refused: \(answer)") }
            if created[job.name] == nil { rules.created(job.name) }
            created[job.name] = created[job.name] ?? computer.moment.wall / .millisecond
        }
        world.after(30 * .second) { [self] in create(job) }
    }

    func judge(upTo time: Int64) -> (dues: Int, shared: Int, leftOut: Int) {
        guard world.violation == nil else { return (0, 0, 0) }
        if let core = batch.core, !core.quarantine.isEmpty { world.fail("readable", "entries are set aside: \(core.quarantine)") }
        rules.judge(upTo: time)
        let end = computer.moment.wall - (world.now - time)
        return checker.judge(created: created, end: end / .millisecond)
    }
}
