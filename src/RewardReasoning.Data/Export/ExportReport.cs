namespace RewardReasoning.Data.Export;

/// <summary>What an export wrote.</summary>
/// <param name="Rows">Rows that were read.</param>
/// <param name="Written">Pairs that were written, all files together.</param>
/// <param name="Test">Those of them that were kept for testing.</param>
/// <param name="LeftOut">Rows that were not written; each was told.</param>
internal sealed record ExportReport(long Rows, long Written, long Test, long LeftOut);
