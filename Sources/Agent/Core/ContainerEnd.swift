package import AgoraAPI
package import Machine

/// How a container ended.
package struct ContainerEnd: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        case exited(Int32)
        case signalled(Int32)
        /// The program was never started; why, in a sentence.
        case notLaunched(String)
        /// The monitor vanished; how the task ended is unknown.
        case lost
    }

    package let outcome: Outcome
    package var isOutOfMemory = false
    /// Bytes; 0: unknown.
    package var memoryPeak: UInt64 = 0

    package init(_ outcome: Outcome, isOutOfMemory: Bool = false, memoryPeak: UInt64 = 0) {
        (self.outcome, self.isOutOfMemory, self.memoryPeak) = (outcome, isOutOfMemory, memoryPeak)
    }

    /// From the launcher's words; a record without an outcome counts as lost.
    package init(_ exit: Agora_V1_ContainerExit) {
        outcome =
            switch exit.outcome {
            case .status(let status): .exited(Int32(truncatingIfNeeded: status))
            case .signal(let signal): .signalled(Int32(truncatingIfNeeded: signal))
            case .failure(let failure): .notLaunched(failure.message)
            case .lost, nil: .lost
            }
        isOutOfMemory = exit.outOfMemory
        memoryPeak = exit.memoryPeakBytes
    }

    /// The originals' words, which people search logs for.
    package var text: String {
        switch outcome {
        case .exited(let status): "Command exited with status \(status)"
        case .signalled(let signal): "Command terminated with signal \(Self.name(ofSignal: signal))"
        case .notLaunched(let text): text
        case .lost: "The container was lost: its monitor has vanished"
        }
    }

    /// As strsignal(3) says it on Linux.
    static func name(ofSignal number: Int32) -> String {
        let names = [
            "Hangup", "Interrupt", "Quit", "Illegal instruction", "Trace/breakpoint trap", "Aborted", "Bus error", "Floating point exception",
            "Killed", "User defined signal 1", "Segmentation fault", "User defined signal 2", "Broken pipe", "Alarm clock", "Terminated",
            "Stack fault", "Child exited", "Continued", "Stopped (signal)", "Stopped", "Stopped (tty input)", "Stopped (tty output)",
            "Urgent I/O condition", "CPU time limit exceeded", "File size limit exceeded", "Virtual timer expired", "Profiling timer expired",
            "Window changed", "I/O possible", "Power failure", "Bad system call"
        ]
        return (1...31).contains(number) ? names[Int(number) - 1] : "Unknown signal \(number)"
    }
}

extension ContainerEnd: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch outcome {
        case .exited(let status):
            writer.put(0)
            writer.put(Int64(status))
        case .signalled(let signal):
            writer.put(1)
            writer.put(Int64(signal))
        case .notLaunched(let text):
            writer.put(2)
            writer.put(text)
        case .lost: writer.put(3)
        }
        writer.put(isOutOfMemory)
        writer.put(memoryPeak)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0: outcome = .exited(Int32(truncatingIfNeeded: try reader.int64()))
        case 1: outcome = .signalled(Int32(truncatingIfNeeded: try reader.int64()))
        case 2: outcome = .notLaunched(try reader.string())
        case 3: outcome = .lost
        default: throw .invalid("end of a container")
        }
        isOutOfMemory = try reader.bool()
        memoryPeak = try reader.uint64()
    }
}
