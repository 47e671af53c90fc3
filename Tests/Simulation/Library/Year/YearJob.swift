import FrameworkCore
import JSON
import Machine
import Schedules

@testable import BatchCore

/// A job of the simulated year, with what its tasks are like.
struct YearJob {
    /// What becomes of its due times.
    enum Promise: Hashable {
        /// Each has one run that ends well.
        case each
        /// Each has one, or shares one with later ones that came while the job was held up.
        case atLeastOneAfter
        /// A run begins within so many milliseconds of its due time, or never.
        case within(Int64)
        /// Each has one run of one attempt, that may fail.
        case tried
        /// It has no due times: it runs after other jobs.
        case after([String], JobDefinition.TriggerRule)
    }

    let name: String
    let json: String
    let promise: Promise
    /// nil: it runs after other jobs.
    let schedule: Schedule?
    let zone: String?
    /// Times beyond which there are no more runs.
    let count: Int64?
    /// Nanoseconds that its tasks take, from and to.
    let length: ClosedRange<Int64>
    /// One of so many of its tasks fails.
    let failures: UInt64
    var indices = Indices()

    /// What each of its runs consists of.
    struct Indices {
        var count = 1
        /// So many have to end well.
        var needed = 1
        /// So many may run at a time.
        var parallelism = 1

        static func draw(_ world: World) -> Indices {
            guard world.oneIn(5) else { return Indices() }
            // More than one page of the store has, now and then.
            let count = world.oneIn(6) ? Int(world.draw(17...40)) : Int(world.draw(2...6))
            return Indices(
                count: count, needed: world.oneIn(3) ? Int(world.draw(1...Int64(count))) : count, parallelism: Int(world.draw(1...Int64(count))))
        }

        var json: String {
            count == 1 ? "" : #""completions":\#(count),"requiredSuccesses":\#(needed),"parallelism":\#(parallelism),"#
        }
    }

    /// Jobs of all kinds: hourly to yearly, intervals and lines of cron, in several zones, with and without an end.
    static func draw(_ count: Int, start: Int64, zones: [String: Zone], _ world: World) -> [YearJob] {
        var jobs: [YearJob] = []
        for number in 0..<count {
            // Jobs that depend on others need some.
            let hasParents = number > 10 && world.oneIn(8)
            jobs.append(hasParents ? draw(number, after: jobs, world) : draw(number, start: start, zones: zones, world))
        }
        return jobs
    }

    private static func draw(_ number: Int, after others: [YearJob], _ world: World) -> YearJob {
        let rule = world.pick(JobDefinition.TriggerRule.allCases)
        var parents: [String] = []
        for _ in 0..<world.draw(1...3) {
            let tried = others.filter { $0.promise == .tried }
            // Only jobs that fail tell ALL_DONE from ALL_SUCCESS.
            let parent = world.pick(rule == .allDone && !tried.isEmpty && world.oneIn(2) ? tried : others).name
            if !parents.contains(parent) { parents.append(parent) }
        }
        let indices = Indices.draw(world)
        let names = parents.map { "\"\($0)\"" }.joined(separator: ",")
        let json =
            #"{"name":"job-\#(number)","command":"x","parents":[\#(names)],"triggerRule":"\#(rule.rawValue)",\#(indices.json)"cpus":0.1,"mem":16,"#
            + #""retries":1000000,"retryDelaySeconds":\#(world.draw(1...60))}"#
        return YearJob(
            name: "job-\(number)", json: json, promise: .after(parents, rule), schedule: nil, zone: nil, count: nil,
            length: 1 * .second...120 * .second, failures: 20, indices: indices)
    }

    private static func draw(_ number: Int, start: Int64, zones: [String: Zone], _ world: World) -> YearJob {
        let name = "job-\(number)"
        let zone = zones.isEmpty || world.oneIn(3) ? nil : world.pick(zones.keys.sorted())
        let begin = start + world.draw(600...86_400) * 1_000
        let (hour, minute, day) = (world.draw(0...23), world.draw(0...59), world.draw(1...31))
        let runs: Int64? = world.oneIn(12) ? world.draw(1...40) : nil
        let texts: String
        switch world.draw(0...99) {
        case 0...1: texts = interval(begin, "PT1H", runs, zone)
        case 2...3: texts = interval(begin, "PT47M13S", runs, zone)
        case 4...9: texts = interval(begin, "PT\(world.draw(3...11))H", runs, zone)
        case 10...34: texts = interval(begin, "P1D", runs, zone)
        case 35...49: texts = interval(begin, "P\(world.draw(2...9))D", runs, zone)
        case 50...59: texts = interval(begin, world.oneIn(2) ? "P1W" : "P1M", runs, zone)
        case 60...61: texts = "\(minute) */\(world.draw(2...6)) * * *"
        case 62...79: texts = "\(minute) \(hour) * * \(world.pick(["*", "MON-FRI", "SAT,SUN", "2,4"]))"
        case 80...89: texts = "\(minute) \(hour) \(world.pick(["\(min(day, 28))", "L", "15W", "LW", "1,15"])) * *"
        default: texts = "\(minute) \(hour) * * \(world.pick(["MON#1", "5L", "WED#3", "SUN"]))"
        }
        let isInterval = texts.hasPrefix("R")
        let schedule: Schedule
        do throws(ScheduleError) {
            schedule = try Schedule(texts, zone: zone.flatMap { zones[$0] }, now: start)
        } catch { preconditionFailure("the simulation makes a bad schedule, \(texts): \(error)") }
        let promise: Promise = world.oneIn(10) ? .tried : [.each, .each, .atLeastOneAfter, .within(600_000)][Int(world.draw(0...3))]
        let indices = promise == .tried ? Indices() : Indices.draw(world)
        let policy =
            switch promise {
            case .each, .tried: #""catchUp":"ALL","#
            case .atLeastOneAfter, .after: ""
            case .within(let length): #""catchUp":"ALL","concurrent":true,"epsilon":"PT\#(length / 1_000)S","#
            }
        // A run must not take longer than it is until the next one.
        let isLong = world.oneIn(10) && indices.parallelism == indices.count
        let json =
            #"{"name":"\#(name)","command":"x","\#(isInterval ? "schedule" : "cron")":"\#(texts)",\#(policy)\#(indices.json)"#
            + #""cpus":\#(world.pick(indices.count > 1 ? ["0.1", "0.2"] : ["0.1", "0.5", "1", "2"])),"#
            + #""mem":\#(world.draw(16...512)),"retries":\#(promise == .tried ? 0 : 1_000_000),"retryDelaySeconds":\#(world.draw(1...60)),"#
            + #""scheduleTimeZone":"\#(zone ?? "")"}"#
        return YearJob(
            name: name, json: json, promise: promise, schedule: schedule, zone: zone, count: isInterval ? runs : nil,
            length: isLong ? 60 * .second...3_000 * .second : 1 * .second...(indices.count > 1 ? 30 : 120) * .second,
            failures: promise == .tried ? 3 : world.oneIn(5) ? 4 : 50, indices: indices)
    }

    private static func interval(_ begin: Int64, _ period: String, _ runs: Int64?, _ zone: String?) -> String {
        // A zone's clocks may show it up to 14 hours earlier; it must not lie in the past.
        let start = zone == nil ? begin : begin + 15 * 3_600_000
        return "R\(runs.map(String.init) ?? "")/\(Timestamp(milliseconds: start))/\(period)"
    }

    /// All due times after `start` and up to `end`.
    func dues(after start: Int64, upTo end: Int64) -> [Int64] { schedule.map { Array($0.times(in: start..<end + 1)) } ?? [] }
}
