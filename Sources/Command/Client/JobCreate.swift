import ArgumentParser
import BatchCore
import JSON
import NIOHTTP1

extension JobCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create jobs from a JSON file, or from standard input (-); those of the same names are replaced.",
            discussion: "A file holds one job or an array of jobs, parents before those that wait for them. The first that is refused ends it.")
        @Argument(help: "A file with definitions; - is standard input.") var file: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let value = try readJSON(file)
                guard let definitions = value.array else {
                    let stored = try await client.create(JobBody(value))
                    return cluster.json ? printJSON(stored) : say(JobText.created(stored))
                }
                var all: [JSONValue] = []
                for (index, definition) in definitions.enumerated() {
                    let body = JobBody(definition)
                    do {
                        all.append(try await client.create(body))
                    } catch let error as ClientError {
                        throw ClientError("\(body.name.isEmpty ? "job \(index + 1) of \(file)" : body.name): \(error)")
                    }
                    if !cluster.json { say(JobText.created(all[index])) }
                }
                if cluster.json { return printJSON(.array(all)) }
                if all.isEmpty { say("\(file): no jobs") }
            }
        }
    }
}

extension ClusterClient {
    /// - Returns: the job as it is shown.
    fileprivate func create(_ job: JobBody) async throws -> JSONValue {
        try await send(.POST, "\(batch)/v1/scheduler/\(job.parents == nil ? "iso8601" : "dependency")", job.json)
        return try await send(.GET, self.job(job.name))
    }
}
