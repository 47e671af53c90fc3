import ArgumentParser
import Foundation
import JSON
import NIOHTTP1

struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Jobs that run when they are due.",
        subcommands: [
            Create.self, Validate.self, List.self, Show.self, Graph.self, Next.self, Run.self, Runs.self, History.self, Logs.self, Explain.self,
            Stop.self, Pause.self, Resume.self, Delete.self
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all jobs.")
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let jobs = try await client.send(.GET, "\(client.batch)/v1/scheduler/jobs")
                if cluster.json { return printJSON(jobs) }
                let summary = try await client.send(.GET, "\(client.batch)/v1/scheduler/jobs/summary")
                say(JobText.list(jobs.array ?? [], summary["jobs"]?.array ?? []))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a job and its runs.")
        @Argument var name: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let job = try await client.send(.GET, client.job(name))
                if cluster.json { return printJSON(job) }
                let runs = try await client.send(.GET, client.ownJob(name) + "/runs")
                say(JobText.details(job) + "\n\n" + JobText.runs(runs["runs"]?.array ?? []))
            }
        }
    }

    struct Runs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the runs of a job that are kept, the newest first.")
        @Argument var name: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let runs = try await client.send(.GET, client.ownJob(name) + "/runs")
                cluster.json ? printJSON(runs) : say(JobText.runs(runs["runs"]?.array ?? []))
            }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Run a job once, now.")
        @Argument var name: String
        @Argument(help: "Instead of the job's own arguments.") var arguments: [String] = []
        @Option(help: ArgumentHelp("A variable of the run's environment; can be repeated.", valueName: "name=value")) var env: [String] = []
        @Option(help: ArgumentHelp("What the run finds in AGORA_JOB_PAYLOAD; - is standard input.", valueName: "file")) var payload: String?
        @OptionGroup var cluster: ClusterOptions

        func validate() throws {
            for pair in env where pair.firstIndex(of: "=") ?? pair.startIndex == pair.startIndex {
                throw ValidationError("--env takes NAME=VALUE, not '\(pair)'.")
            }
        }

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let run = try await client.send(.POST, client.ownJob(name) + "/runs", try body().bytes)
                cluster.json ? printJSON(run) : say("\(name)  due: \(run["due"]?.string ?? "")")
            }
        }

        private func body() throws -> JSONValue {
            var body = JSONObject()
            if !arguments.isEmpty { body.append("arguments", .array(arguments.map { .string($0) })) }
            let variables = env.map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) }
            body.append("environment", .object(JSONObject(variables.map { (String($0[0]), .string(String($0[1]))) })))
            if let payload {
                guard let text = String(validating: try readFile(payload), as: UTF8.self) else { throw ClientError("\(payload) is no text") }
                body.append("payload", .string(text))
            }
            return .object(body)
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Kill all tasks of a job.")
        @Argument var name: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                try await client.send(.DELETE, "\(client.batch)/v1/scheduler/task/kill/\(urlEscaped(name))")
                if !cluster.json { say("killed all runs of \(name)") }
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a job run on request only.")
        @Argument var name: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                try await client.send(.PUT, client.ownJob(name) + "/pause")
                if !cluster.json { say("paused \(name)") }
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a paused job run by itself again.")
        @Argument var name: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                try await client.send(.PUT, client.ownJob(name) + "/resume")
                if !cluster.json { say("resumed \(name)") }
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a job, and kill its tasks.")
        @Argument var name: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                try await client.send(.DELETE, client.job(name))
                if !cluster.json { say("deleted \(name)") }
            }
        }
    }
}

extension ClusterClient {
    /// A job in Chronos's API.
    func job(_ name: String) -> String { "\(batch)/v1/scheduler/job/\(urlEscaped(name))" }

    /// What Chronos's API doesn't have.
    func ownJob(_ name: String) -> String { "\(batch)/agora/v1/jobs/\(urlEscaped(name))" }
}
