import AgentCore
import ArgumentParser
import BatchCore
import FrameworkCore
import Machine
import MasterCore
import Runtime
import ServicesCore

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Run a recording through the program that made it, and compare.",
        discussion: """
            Each server records its inputs in the folder recordings of its --work-dir. Fed to a fresh core they lead to the same state; \
            where they don't, this says after which input, and ends with status 1.
            """)

    @Argument(help: "A file of a recordings folder.", completion: .file(extensions: ["rec"])) var file: String

    @Option(help: ArgumentHelp("Stop before the first input after this time, as in 2026-11-24T19:40:59.002Z.", valueName: "time"))
    var until: String?

    @Flag(help: "Print each input, and what was decided.") var print = false

    func run() async throws {
        do {
            let bytes = try StandardStreams.readFile(file)
            let end = try until.map { text in
                guard let time = Timestamp(text) else { throw ClientError("--until: '\(text)' is no time like 2026-11-24T19:40:59.002Z") }
                return time.milliseconds.saturatingMultiply(1_000_000)
            }
            do {
                switch try Runtime.kind(ofRecording: bytes) {
                case "master": try replay(bytes, Kernel(), until: end)
                case "agent": try replay(bytes, Agent(), until: end)
                case "services": try replay(bytes, Services(), until: end)
                case "batch": try replay(bytes, Batch(), until: end)
                case let other: throw ClientError("\(file) is a recording of '\(other)', which this program doesn't know")
                }
            } catch let error as RecordingError {
                throw ClientError("\(file): \(error.story)")
            }
        } catch {
            fail("\(error)")
        }
    }

    private func replay<Core: StateMachine>(_ bytes: [UInt8], _ core: Core, until end: Int64?) throws {
        let recording = try Recording<Core.Input>(bytes)
        let replay = try Replay(recording, core: core, until: end ?? .max) { step in
            guard self.print else { return }
            say("\(Timestamp(wall: step.moment.wall)) #\(step.number) \(Narration.line(step.input))")
            for effect in step.effects { say("    → \(Narration.line(effect))") }
        }
        let digest = String(replay.core.digest, radix: 16)
        say("\(recording.kind): \(replay.inputCount) of \(recording.entries.count) inputs, \(replay.markCount) digests equal, ends in \(digest)")
    }
}

extension RecordingError {
    /// What is wrong, in words.
    var story: String {
        switch self {
        case .truncated: "ends too early, or is of another version"
        // Some say what is wrong, others only what it is that is wrong.
        case .invalid(let text): text.contains(" ") ? text : "holds no valid \(text), or is of another version"
        }
    }
}
