import ArgumentParser
import BatchServer
import Foundation
import JSON
import Machine

extension JobCommand {
    /// Checks files as a cluster would, so that a mistake is found where it is made.
    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check files with jobs; no cluster is needed.",
            discussion: """
                A file holds one job or an array of jobs; parents may be in other files. Exit status 1 if a file can't be read, or a cluster would \
                refuse a job. What a cluster would take, but is hardly what was meant, is warned of.
                """)
        @Argument(help: "Files with definitions; - is standard input.") var files: [String]
        @Flag(help: "JSON for programs.") var json = false

        func run() async throws {
            var validator = JobValidator(at: Moment(monotonic: 0, wall: Int64(Date().timeIntervalSince1970 * 1_000) * .millisecond))
            let contents: [Result<[JSONValue], ClientError>]
            do { contents = try files.map(Self.read) } catch { fail("\(error)") }
            var definitions: [JSONValue] = []
            for case .success(let jobs) in contents { definitions += jobs }
            // All at once: a job may have its parents in another file.
            var findings = validator.check(definitions)[...]
            var lines: [JSONValue] = []
            for (file, content) in zip(files, contents) {
                switch content {
                case .failure(let error): lines.append(Self.line(file, error: error.description))
                case .success(let jobs) where jobs.isEmpty: lines.append(Self.line(file, warnings: ["no jobs"]))
                case .success(let jobs):
                    for finding in findings.prefix(jobs.count) {
                        lines.append(
                            Self.line(
                                file, job: finding.name, error: finding.error, parents: finding.unknownParents, warnings: finding.warnings))
                    }
                    findings = findings.dropFirst(jobs.count)
                }
            }
            if json { printJSON(.array(lines)) } else { for line in lines { say(Self.text(line)) } }
            if lines.contains(where: { $0["error"]?.isNull == false }) { throw ExitCode(1) }
        }

        /// - Throws: `ClientError` if there is no standard input to be read: that is no file's fault.
        private static func read(_ file: String) throws -> Result<[JSONValue], ClientError> {
            let bytes: [UInt8]
            do { bytes = try readDefinition(file) } catch let error as ClientError where file != "-" { return .failure(error) }
            do throws(ClientError) {
                let value = try parsed(bytes, of: file)
                return .success(value.array ?? [value])
            } catch {
                return .failure(error)
            }
        }

        /// - Parameter job: nil: the line is about the file.
        private static func line(
            _ file: String, job: String? = nil, error: String? = nil, parents: [String] = [], warnings: [String] = []
        ) -> JSONValue {
            func texts(_ all: [String]) -> JSONValue { .array(all.map { .string($0) }) }
            return [
                "file": .string(file), "job": job.map { .string($0) } ?? .null, "error": error.map { .string($0) } ?? .null,
                "unknownParents": texts(parents), "warnings": texts(warnings)
            ]
        }

        /// A line for each warning, and one that says whether it is valid.
        static func text(_ line: JSONValue) -> String {
            let file = line["file"]?.string ?? ""
            let warnings = line["warnings"]?.array?.compactMap(\.string) ?? []
            guard let name = line["job"]?.string else {
                // What is wrong with a file begins with its name.
                return line["error"]?.string ?? "\(file): \(warnings.joined(separator: ", "))"
            }
            let place = "\(file): \(name.isEmpty ? "a job without a name" : name): "
            let parents = line["unknownParents"]?.array?.compactMap(\.string) ?? []
            let verdict = line["error"]?.string ?? (parents.isEmpty ? "valid" : "valid, if the cluster has \(parents.joined(separator: ", "))")
            return (warnings.map { "warning: \($0)" } + [verdict]).map { place + $0 }.joined(separator: "\n")
        }
    }
}
