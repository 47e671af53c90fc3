package import Machine
package import MesosAPI

extension Batch {
    /// What is to be done, in order.
    package enum Effect: Hashable, Sendable {
        case store([Change])
        case wake(at: Int64)
        /// To the master; dropped while there is no subscription.
        case call(Mesos_V1_Scheduler_Call)
        /// What to subscribe with from now on.
        case present(Mesos_V1_FrameworkInfo, suppressedRoles: [String])
        case answer(UInt64, Answer)
        /// All events that follow have larger numbers than this one; those before it were an earlier process's.
        case beginEvents(after: UInt64)
        /// To readers of the event stream.
        case emit(Event)
        /// To be sent; `Input.notified` says what became of it.
        case notify(Notice)
        /// A notice is not tried any more; `reason` is that of its last failure.
        case giveUp(Notice, reason: String)
        /// An entry of the store can't be used: what it was, and why. All else goes on.
        case report(entry: String, reason: String)
        /// The process can't go on; the text says why.
        case fail(String)
    }

    /// What a client is told. The wire's text is made by the server.
    package enum Answer: Hashable, Sendable {
        case done
        /// Whether there was such a job.
        case marked(Bool)
        /// A run, as it stands.
        case run(Run)
        case refused(Refusal)
    }

    /// An expected no.
    package enum Refusal: Error, Hashable, Sendable {
        case rejected(Rejection)
        case noJob(String)
        case noTask(String)
        case notTracked(String)
        case missingParents(job: String, parents: [String])
        /// The jobs in the order in which they would trigger each other, from the one in question back to itself.
        case cycle([String])
        case tooManyChildren(String, count: Int)
        case tooManyRuns(String, limit: Int)
        case tooLarge(String, bytes: Int, limit: Int)
        case starting
        // What only Metronome's face refuses.
        case jobExists(String)
        case hasRuns(String)
        case hasDependents(String, [String])
        case noSchedule(job: String, id: String)
        case scheduleExists(job: String, id: String)
        case noRun(job: String, id: String)
        /// What is wrong with a body, and where.
        case flaws([MetronomeFlaw])
    }
}

extension Batch.Effect: Order {
    package var changes: [Change]? { if case .store(let changes) = self { changes } else { nil } }
    package var wakeTime: Int64? { if case .wake(let time) = self { time } else { nil } }
}
