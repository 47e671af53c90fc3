import ArgumentParser
import JSON
import NIOHTTP1

extension JobCommand {
    /// Why has it not run, why did it fail, when is it due.
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say why a job doesn't run, how it failed, and when it is due.")
        @Argument var name: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in try await client.explainJob(name, json: cluster.json) }
        }
    }
}

extension ClusterClient {
    func explainJob(_ name: String, json: Bool) async throws {
        let answer = try await send(.GET, ownJob(name) + "/explain")
        json ? printJSON(answer) : say("\(name): " + (answer["lines"]?.array ?? []).compactMap(\.string).joined(separator: "\n  "))
    }
}
