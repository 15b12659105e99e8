import Base
import EventLoop
import HTTP

/// The body of an upload as a file on disk.
struct ImportUpload: Sendable {
    let spoolDirectory: String
    let pool: BlockingPool

    /// The part called `file` of a form, or the body itself.
    func receive(_ request: Request, filename: String?) async throws -> (file: StatementFile, name: String) {
        let limit = request.uploadLimit
        let type = MediaType(request.header("content-type") ?? "")
        guard type.essence == "multipart/form-data" else {
            // Whatever else it is called, such as by curl --data-binary, the body is the file.
            let file = try await StatementFile.spool(in: spoolDirectory, limit: limit, pool: pool) {
                try await request.nextChunk()
            }
            return (file, name(filename))
        }
        var parts = try MultipartReader(boundary: type["boundary"] ?? "") { try await request.nextChunk() }
        while let part = try await parts.nextPart() {
            guard part.name == "file" else { continue }
            let file = try await spool(&parts, limit)
            while try await parts.nextPart() != nil {}
            return (file, name(filename ?? part.filename))
        }
        throw Refusal.invalid("file", "file is required: the statement, as a part of the form.")
    }

    private func spool(_ parts: inout MultipartReader, _ limit: Int) async throws -> StatementFile {
        try await StatementFile.spool(in: spoolDirectory, limit: limit, pool: pool) { try await parts.read() }
    }

    /// Only for showing: never a path.
    private func name(_ name: String?) -> String {
        ImportLine.clean(
            name.map { String($0.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? "") }, max: 255)
            ?? "statement"
    }
}
