"""Records of games: tables, JSONL and Parquet files, and the recipes that make them.

`generate` plays a run into a file, `journal.play_into` slow games into a folder, where each is kept when it ends, and
`prepare` turns JSONL into Parquet. What passes between the formats is
`negotiation_env.records.games.Games`: finished games as columns.
"""
