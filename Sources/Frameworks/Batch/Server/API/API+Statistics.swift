import BatchCore
import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import Transport

extension API {
    static let version = "3.0.0"

    /// The jobs by how long they took, in seconds, the slowest first.
    func statistics(_ call: Call, _ name: String) async throws -> Reply {
        try require(call, .GET)
        let batch = try await snapshot()
        guard let read = StatisticsWriter.measures.first(where: { $0.name.description == name })?.read else {
            return .json(.ok, Array("[]".utf8))
        }
        let rows = batch.allJobs.map { job in (name: job.name, time: read(Latencies(batch.runs(of: job))) / 1000) }.enumerated()
        let sorted = rows.sorted { ($1.element.time, $0.offset) < ($0.element.time, $1.offset) }.map(\.element)
        return .json { writer in
            writer.array(sorted) { writer, row in
                writer.beginObject()
                writer.member("jobNameLabel", row.name)
                writer.key(verbatim: "time")
                writer.double(row.time)
                writer.endObject()
            }
        }
    }

    /// In the form of Dropwizard's metrics.
    func metrics() async throws -> Reply {
        let batch = try await snapshot()
        return .json { MetricsWriter(batch: batch).write(into: &$0) }
    }
}
