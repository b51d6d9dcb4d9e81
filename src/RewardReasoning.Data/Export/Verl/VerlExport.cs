using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>
/// Labelled pairs as a folder from which verl trains a judge: <c>train.parquet</c> and <c>test.parquet</c> with verl's columns,
/// <c>rewards.py</c> (the paper's reward: +1 for the right verdict, -1 for any other output), <c>settings.txt</c>, <c>run.sh</c> and
/// <c>README.md</c>.
/// </summary>
/// <param name="options">What is trained, and where.</param>
/// <param name="time">Clock for writing files.</param>
internal sealed class VerlExport(VerlExportOptions options, TimeProvider time)
{
    /// <summary>Writes the folder.</summary>
    /// <param name="rows">Labelled or judged pairs.</param>
    /// <param name="folder">Where; files of the same names are replaced once all is well.</param>
    /// <param name="leftOut">Told of each row that cannot be used, and why.</param>
    /// <param name="cancellationToken">Ends the export.</param>
    /// <exception cref="ArgumentException">The options have faults.</exception>
    public async Task<ExportReport> WriteAsync(
        IAsyncEnumerable<DataRow> rows,
        string folder,
        Action<DataRow, string> leftOut,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(leftOut);
        options.Validate();
        Directory.CreateDirectory(folder);
        VerlRows format = new(options.Prompt);
        PairOrders orders = new(options.BothOrders);
        long read = 0,
            faulty = 0;
        VerlFile train = await VerlFile.CreateAsync(folder, "train", format, time, cancellationToken).ConfigureAwait(false);
        await using (train.ConfigureAwait(false))
        {
            VerlFile test = await VerlFile.CreateAsync(folder, "test", format, time, cancellationToken).ConfigureAwait(false);
            await using (test.ConfigureAwait(false))
            {
                await foreach (DataRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
                {
                    read++;
                    (VerlPair? pair, string? fault) = VerlPair.Of(row);
                    if (pair is null)
                    {
                        faulty++;
                        leftOut(row, fault ?? "");
                        continue;
                    }

                    IReadOnlyList<ShownOrder> shown = orders.Of(pair);
                    if (shown.Count == 0)
                    {
                        faulty++;
                        leftOut(row, "The pair came before, in every order that it is shown in.");
                        continue;
                    }

                    VerlFile file = IsForTest(pair.Comparison.Query) ? test : train;
                    foreach (ShownOrder order in shown)
                    {
                        await file.WriteAsync(pair, order, cancellationToken).ConfigureAwait(false);
                    }
                }

                test.Complete();
                train.Complete();
                await new VerlScripts(options).WriteAsync(folder, train.Rows, test.Rows, cancellationToken).ConfigureAwait(false);
                return new(read, train.Rows + test.Rows, test.Rows, faulty);
            }
        }
    }

    /// <summary>By the query alone, so that no query is in both files.</summary>
    private bool IsForTest(string query) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(query))) < options.TestShare * ulong.MaxValue;
}
