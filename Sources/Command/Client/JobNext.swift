import ArgumentParser
import BatchServer
import Foundation
import JSON
import NIOHTTP1
import Schedules

extension JobCommand {
    /// Shows what a schedule means: that of a stored job, or one that is only thought of, for which no cluster is needed.
    struct Next: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print when a job is due next, or when a schedule would be.",
            discussion: "--cron and --schedule need no cluster: agora job next --cron '30 2 * * *' --zone Europe/Berlin")

        @Argument(help: "A stored job.") var name: String?
        @Option(help: ArgumentHelp("A line of cron instead of a job.", valueName: "line")) var cron: String?
        @Option(help: ArgumentHelp("A repeating interval of ISO 8601 instead of a job, as in R//PT90M.", valueName: "interval")) var schedule: String?
        @Option(help: "The time zone in which it is meant, and its times are printed.") var zone: String?
        @Option(help: ArgumentHelp("Times after this one, as in 2026-03-29T00:00; else after now.", valueName: "time")) var from: String?
        @Option(help: "How many times.") var count = 10
        @OptionGroup var cluster: ClusterOptions

        private static let mostTimes = 10_000

        func validate() throws {
            let given = [name, cron, schedule].count { $0 != nil }
            if given == 0 { throw ValidationError("Give a job's name, --cron or --schedule.") }
            if given > 1 { throw ValidationError("Give only one of a name, --cron and --schedule.") }
            guard (1...Self.mostTimes).contains(count) else { throw ValidationError("--count must be from 1 to \(Self.mostTimes).") }
            if name != nil, zone != nil { throw ValidationError("--zone is for --cron and --schedule: a job has its own.") }
        }

        func run() async throws {
            if let text = cron ?? schedule {
                do { try show([text], zone: zone, left: nil) } catch { fail("\(error)") }
                return
            }
            try await ClusterClient.run(cluster) { client in
                let job = try await client.send(.GET, client.job(name ?? ""))
                if let parents = job["parents"]?.array?.compactMap(\.string) {
                    if cluster.json { return printJSON(.array([])) }
                    return say("It has no schedule: it runs when \(parents.joined(separator: ", ")) have ended well.")
                }
                if JobText.isOnRequest(job) {
                    return cluster.json ? printJSON(.array([])) : say("It has no due times: it runs on request (agora job run \(name ?? "")).")
                }
                let texts = JobText.schedules(job)
                // The schedule as it is shown says how many runs are left.
                let left = job["schedule"]?.string.flatMap { $0.hasPrefix("R") ? Int($0.dropFirst().prefix { $0 != "/" }) : nil }
                let isPaused = job["disabled"]?.bool == true
                try show(texts, zone: job["scheduleTimeZone"]?.string, left: texts.count == 1 ? left : nil, isPaused: isPaused)
            }
        }

        /// - Parameter left: how many runs are left at the most.
        private func show(_ texts: [String], zone name: String?, left: Int?, isPaused: Bool = false) throws {
            let zone = try name.flatMap { $0.isEmpty ? nil : $0 }.map { try ZoneFiles().zone($0) }
            let now = Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down))
            let schedules = try texts.map { try Schedule($0, zone: zone, now: now) }
            let clocks = zone ?? schedules.first?.zone ?? .utc
            let start = try from.map { try clocks.instant($0) } ?? now
            var times: Set<Int64> = []
            for schedule in schedules { times.formUnion(schedule.times(after: start).prefix(min(count, left ?? count))) }
            let next = times.sorted().prefix(count)
            if cluster.json { return printJSON(.array(next.map { .string(Zone.utc.text(of: $0)) })) }
            if next.isEmpty { return say(isPaused ? "It is paused, and has no due time left." : "It is never due after that.") }
            if isPaused { say("It is paused; if it weren't, it would be due at") }
            say(next.map { "\(clocks.text(of: $0))  \(clocks.weekday(of: $0))" }.joined(separator: "\n"))
        }
    }
}

extension Zone {
    /// "Mon" to "Sun", on this zone's clocks.
    fileprivate func weekday(of instant: Int64) -> String {
        ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Civil.weekday(ofDay: Civil.split(wall(at: instant)).day)]
    }
}
