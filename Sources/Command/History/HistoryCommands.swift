import ArgumentParser
import Foundation
import FrameworkCore
import JSON
import Machine
import ServicesCore

struct HistoryOptions: ParsableArguments {
    @Option(help: "The --work-dir of `agora up`, or of one server, on this machine.")
    var workDir = Environment.text("WORK_DIR", "~/.agora")

    @Flag(help: "One JSON object a line.") var json = false

    func show(_ events: [HistoryEvent]) {
        for event in events {
            let time = "\(Timestamp(wall: event.time))"
            if json {
                var members: [(String, JSONValue)] = [("time", .string(time)), ("server", .string(event.server))]
                if let task = event.task { members.append(("task", .string(task))) }
                if let agent = event.agent { members.append(("agent", .string(agent))) }
                members.append(("text", .string(event.text)))
                say(String(decoding: JSONValue.object(JSONObject(members)).bytes, as: UTF8.self))
            } else {
                say("\(time)  \(event.server.padding(toLength: max(8, event.server.count), withPad: " ", startingAt: 0))  \(event.text)")
            }
        }
    }

    /// - Throws: if there is nothing to be read.
    func read() throws -> History {
        let history = try History(folder: Environment.path(workDir))
        for problem in history.problems { complain("can't be told in full: \(problem)") }
        return history
    }
}

/// `agora events`: what happened on this machine's servers.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Tell what happened, from the recordings of this machine's servers.",
        discussion: "Recordings are bounded: four starts of each server are kept, and 64 MB of each. See docs/replay.md.")

    @Option(help: ArgumentHelp("Only what is not older: 2026-11-24T19:40:59Z, or 30s, 10min, 2h, 7d.", valueName: "time"))
    var since: String?

    @Option(help: "Only what concerns this task.") var task: String?
    @OptionGroup var options: HistoryOptions

    func run() async throws {
        do {
            let start = try since.map(Self.moment) ?? .min
            let events = try options.read().events.filter { event in event.time >= start && (task == nil || event.task == task) }
            options.show(events.map { event in task == nil ? event.named : event })
        } catch {
            fail("\(error)")
        }
    }

    /// - Returns: nanoseconds since 1970.
    static func moment(_ text: String) throws -> Int64 {
        if let time = Timestamp(text) { return time.milliseconds.saturatingMultiply(.millisecond) }
        if let span = Self.seconds(text), let length = Int64(secondsClamped: span) {
            return Int64(clamping: Int(Date().timeIntervalSince1970 * 1_000)).saturatingMultiply(.millisecond).saturatingAdd(-length)
        }
        throw ClientError("--since: '\(text)' is neither a time like 2026-11-24T19:40:59Z nor a span like 10min (s, min, h, d, weeks)")
    }

    private static let units: [(names: [String], seconds: Double)] = [
        (["s", "sec"], 1), (["m", "min"], 60), (["h", "hr", "hour", "hours"], 3_600), (["d", "day"], 86_400), (["w", "week"], 604_800)
    ]

    /// A span as people write it, or as Mesos's flags do.
    /// - Returns: seconds; nil: it is none.
    static func seconds(_ text: String) -> Double? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count)
        if let amount = Double(number), let size = units.first(where: { $0.names.contains(String(unit)) })?.seconds { return amount * size }
        return TimeSpan(argument: text)?.seconds
    }
}

extension HistoryEvent {
    /// With the task's name in the text, where tasks are many.
    fileprivate var named: HistoryEvent {
        guard let task else { return self }
        return HistoryEvent(time: time, server: server, task: task, agent: agent, text: "[\(task)] \(text)")
    }
}
